/// The keys that an engine gives by itself: after a move they go on behind all that were ever given.
enum MovedSequence {
    /// The greatest key that a table ever gave; nil when it gave none, or gives none.
    static func last(of table: String, in connection: Connection) throws -> Int64? {
        if connection.engine == .postgres {
            guard try isGiving(table, in: connection) else { return nil }
            let sql = "SELECT pg_sequence_last_value(pg_get_serial_sequence(?, 'key')::regclass)"
            return try connection.first(sql, .text(table)) { row -> Int64? in
                row.isNull(0) ? nil : row.integer(0)
            } ?? nil
        }
        let noted = try connection.first("SELECT seq FROM sqlite_sequence WHERE name = ?", .text(table)) {
            $0.integer(0)
        }
        if let noted, noted > 0 { return noted }
        guard ["model", "task"].contains(table) else { return nil }
        let last =
            try connection.first("SELECT max(key) FROM \"\(table)\"") { row -> Int64? in
                row.isNull(0) ? nil : row.integer(0)
            } ?? nil
        guard table == "task" else { return last }
        let deleted = try connection.first("SELECT last FROM last_task") { $0.integer(0) }
        return [last, deleted].compactMap(\.self).max()
    }

    static func set(_ last: Int64, of table: String, in connection: Connection) throws {
        if connection.engine == .postgres {
            guard try isGiving(table, in: connection) else { return }
            let sql = "SELECT setval(pg_get_serial_sequence(?, 'key')::regclass, ?)"
            _ = try connection.first(sql, .text(table), .integer(last)) { _ in true }
            return
        }
        if table == "task" { return try TaskTable.keepKey(last, in: connection) }
        try connection.run("DELETE FROM sqlite_sequence WHERE name = ?", .text(table))
        try connection.run(
            """
            INSERT INTO sqlite_sequence (name, seq)
            SELECT ?1, ?2 FROM sqlite_schema WHERE name = ?1 AND sql LIKE '%AUTOINCREMENT%'
            """, .text(table), .integer(last))
    }

    /// Whether a table of a server gives its own keys.
    private static func isGiving(_ table: String, in connection: Connection) throws -> Bool {
        try connection.first(
            """
            SELECT 1 FROM information_schema.columns
            WHERE table_schema = current_schema() AND table_name = ? AND column_name = 'key' AND is_identity = 'YES'
            """, .text(table)
        ) { _ in true } ?? false
    }
}
