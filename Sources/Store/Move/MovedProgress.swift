/// How far a move has come in one table; stored in the target, in the transaction that copied the rows.
struct MovedProgress: Equatable {
    /// The last row's key as texts; empty before the first.
    var last: [String] = []
    var rows = 0
    var digest = RowDigest()
    var isDone = false

    static func makeTable(for names: [String], in connection: Connection) throws {
        try connection.execute(
            script: """
                CREATE TABLE moved_table (
                    name TEXT PRIMARY KEY, first TEXT, second TEXT, rows BIGINT NOT NULL, digest BIGINT NOT NULL,
                    done BIGINT NOT NULL)
                """)
        for name in names {
            try connection.run(
                "INSERT INTO moved_table (name, rows, digest, done) VALUES (?, 0, 0, 0)", .text(name))
        }
    }

    static func dropTable(in connection: Connection) throws { try connection.execute(script: "DROP TABLE moved_table") }

    static func read(_ name: String, in connection: Connection) throws -> MovedProgress {
        let sql = "SELECT first, second, rows, digest, done FROM moved_table WHERE name = ?"
        return try connection.first(sql, .text(name)) { row in
            MovedProgress(
                last: [row.optionalText(0), row.optionalText(1)].compactMap(\.self), rows: row.int(2),
                digest: RowDigest(sum: row.integer(3)), isDone: row.int(4) != 0)
        } ?? MovedProgress()
    }

    func write(_ name: String, in connection: Connection) throws {
        try connection.run(
            "UPDATE moved_table SET first = ?, second = ?, rows = ?, digest = ?, done = ? WHERE name = ?",
            .optional(last.first), .optional(last.count > 1 ? last[1] : nil), .integer(rows), .integer(digest.stored),
            .integer(isDone ? 1 : 0), .text(name))
    }
}
