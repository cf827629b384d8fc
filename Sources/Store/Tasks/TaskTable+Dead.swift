package import Core

/// Tasks with dead rows: right, failed for good, and not run again since.
extension TaskTable {
    /// An owner's tasks with dead rows, newest first, each with their number.
    package static func dead(
        owner: String, before: TaskID?, limit: Int, models: ModelRegistry, in connection: Connection
    ) throws -> [(task: StoredTask, rows: Int)] {
        try connection.all(deadSQL, .text(owner), .optional(before?.bytes), .integer(limit)) {
            (task: try stored($0, models: models, in: connection), rows: $0.int(27))
        }
    }

    static let deadSQL = selectSQL(
        """
        WHERE owner = ?1 AND dead > 0 AND (?2 IS NULL OR id < ?2) AND swept_ms IS NULL ORDER BY id DESC LIMIT ?3
        """)
}
