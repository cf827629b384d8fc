internal import Foundation

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
                    name TEXT PRIMARY KEY, last TEXT, rows BIGINT NOT NULL, digest BIGINT NOT NULL, done BIGINT NOT NULL)
                """)
        for name in names {
            try connection.run(
                "INSERT INTO moved_table (name, rows, digest, done) VALUES (?, 0, 0, 0)", .text(name))
        }
    }

    static func dropTable(in connection: Connection) throws { try connection.execute(script: "DROP TABLE moved_table") }

    static func read(_ name: String, in connection: Connection) throws -> MovedProgress {
        let sql = "SELECT last, rows, digest, done FROM moved_table WHERE name = ?"
        return try connection.first(sql, .text(name)) { row in
            MovedProgress(
                last: try row.optionalText(0).map { try JSONDecoder().decode([String].self, from: Data($0.utf8)) }
                    ?? [],
                rows: row.int(1), digest: RowDigest(sum: row.integer(2)), isDone: row.int(3) != 0)
        } ?? MovedProgress()
    }

    func write(_ name: String, in connection: Connection) throws {
        try connection.run(
            "UPDATE moved_table SET last = ?, rows = ?, digest = ?, done = ? WHERE name = ?",
            .optional(last.isEmpty ? nil : String(decoding: try JSONEncoder().encode(last), as: UTF8.self)),
            .integer(rows), .integer(digest.stored), .integer(isDone ? 1 : 0), .text(name))
    }
}
