/// Counts the rows that are accepted and not yet done, a model each, and remembers what a row costs.
package enum BacklogTable {
    /// One model's part of the backlog.
    package struct Entry: Sendable, Equatable {
        package let model: Int64
        package let rows: Int
        /// What a row was seen to cost a worker, in microseconds; nil before the first run.
        package let rowCost: Double?
    }

    /// The count over all models, with what the open transaction has counted so far.
    package static func rows(in connection: Connection) throws -> Int {
        let tally = connection.state(BacklogTally.self)
        if let before = tally.rowsBefore { return before + tally.rows }
        let rows = try connection.first("SELECT coalesce(sum(rows), 0) FROM backlog") { $0.int(0) } ?? 0
        tally.rowsBefore = rows
        return rows + tally.rows
    }

    /// Every model's part.
    package static func all(in connection: Connection) throws -> [Entry] {
        try connection.all("SELECT model, sum(rows), avg(cost_us) FROM backlog GROUP BY model") {
            Entry(model: $0.integer(0), rows: $0.int(1), rowCost: $0.isNull(2) ? nil : $0.double(2))
        }
    }

    /// Counts rows in, or out with a negative number; written with the commit.
    package static func add(_ rows: Int, model: Int64, in connection: Connection) {
        connection.state(BacklogTally.self).added[model, default: 0] += rows
    }

    fileprivate static func write(_ rows: Int, model: Int64, in connection: Connection) throws {
        if connection.engine == .postgres { return try writeShare(rows, model: model, in: connection) }
        let updated = try connection.run(
            "UPDATE backlog SET rows = rows + ? WHERE model = ?", .integer(rows), .integer(model))
        if updated == 0 {
            try connection.run("INSERT INTO backlog (model, rows) VALUES (?, ?)", .integer(model), .integer(rows))
        }
    }

    /// Counts in a share of this connection's own, so that writers at the same time do not wait for one another.
    private static func writeShare(_ rows: Int, model: Int64, in connection: Connection) throws {
        try connection.enqueue(
            """
            INSERT INTO backlog (model, share, rows) VALUES (?, \(share), ?)
            ON CONFLICT (model, share) DO UPDATE SET rows = backlog.rows + excluded.rows
            """, .integer(model), .integer(rows))
    }

    private static let share = "pg_backend_pid() % 64"

    /// Counts rows out that ran, and learns what they cost.
    ///
    /// A run weighs by its rows, so that single rows, whose cost is mostly that of the run, hardly move the figure; nor
    /// do they set it at first, unless they are so slow that the row itself must be. Chunks and estimates go by it.
    ///
    /// - Parameter rowCost: what a row of the run cost, in microseconds.
    package static func settle(_ rows: Int, rowCost: Double, model: Int64, in connection: Connection) throws {
        if connection.engine == .postgres { try writeShare(0, model: model, in: connection) }
        let weight = Double(rows) / Double(rows + 2_000)
        try connection.enqueue(
            """
            UPDATE backlog SET rows = rows - ?2,
                cost_us = CASE WHEN cost_us IS NOT NULL OR ?2 >= ?5 OR ?3 >= ?6
                    THEN coalesce(cost_us + (?3 - cost_us) * ?4, ?3) END
            WHERE model = ?1\(connection.engine == .postgres ? " AND share = \(share)" : "")
            """, .integer(model), .integer(rows), .real(rowCost), .real(weight), .integer(Self.tellingRows),
            .real(Self.tellingRowCost))
    }

    /// Rows of a run from which on its cost is that of its rows, not its own.
    private static let tellingRows = 128
    /// Microseconds that no run costs by itself.
    private static let tellingRowCost = 15_000.0
}

/// The rows that one transaction counts.
private final class BacklogTally: TransactionState {
    static let place = 2
    /// The count over all models before the transaction; nil while nobody has asked.
    var rowsBefore: Int?
    var added: [Int64: Int] = [:]
    var rows: Int { added.values.reduce(0, +) }

    func write(in connection: Connection) throws {
        for (model, rows) in added.sorted(by: { $0.key < $1.key }) where rows != 0 {
            try BacklogTable.write(rows, model: model, in: connection)
        }
    }
}
