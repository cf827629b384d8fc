/// Counts the rows that are accepted and not yet done, a model each.
package enum BacklogTable {
    /// The count over all models.
    package static func rows(in connection: Connection) throws -> Int {
        try connection.first("SELECT coalesce(sum(rows), 0) FROM backlog") { $0.int(0) } ?? 0
    }

    /// Counts rows in, or out with a negative number.
    package static func add(_ rows: Int, model: Int64, in connection: Connection) throws {
        let updated = try connection.run(
            "UPDATE backlog SET rows = rows + ? WHERE model = ?", .integer(rows), .integer(model))
        if updated == 0 {
            try connection.run("INSERT INTO backlog (model, rows) VALUES (?, ?)", .integer(model), .integer(rows))
        }
    }
}
