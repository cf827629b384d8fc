import Store

/// Writes down, inside the service's own database, which tasks lose an attempt or are blamed for a worker's death.
///
/// Chunks are forgotten when they end; triggers see each change, however short it lasts.
struct LossRecord {
    private let writer: Writer

    /// - Parameter path: a database that has its schema.
    init(database path: String) throws {
        writer = try Database(path: path).makeWriter(.durable)
        try writer.transaction { connection in
            try connection.run("CREATE TABLE loss (task INTEGER NOT NULL, attempts INTEGER, crashes INTEGER)")
            try connection.run(
                """
                CREATE TRIGGER crash_loss AFTER UPDATE OF crashes ON chunk WHEN NEW.crashes > OLD.crashes BEGIN
                    INSERT INTO loss VALUES (NEW.key >> 24, NEW.attempts, NEW.crashes);
                END
                """)
            try connection.run(
                """
                CREATE TRIGGER attempt_loss AFTER INSERT ON parked WHEN NEW.attempts > 0 BEGIN
                    INSERT INTO loss VALUES (NEW.key >> 24, NEW.attempts, NEW.crashes);
                END
                """)
        }
    }

    /// The most attempts and crashes that were counted, by the number of the task in the order of acceptance.
    func losses() throws -> [Int: (attempts: Int, crashes: Int)] {
        let first = try writer.read { try $0.first("SELECT min(key) FROM task") { $0.int(0) } } ?? 0
        let rows = try writer.read { connection in
            try connection.all("SELECT task, max(attempts), max(crashes) FROM loss GROUP BY task") {
                ($0.int(0) - first, (attempts: $0.int(1), crashes: $0.int(2)))
            }
        }
        return Dictionary(uniqueKeysWithValues: rows)
    }
}
