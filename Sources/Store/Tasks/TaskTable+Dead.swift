package import Core

/// Tasks with dead rows: right, failed for good, and not run again since.
extension TaskTable {
    /// An owner's tasks with dead rows, newest first, each with their number.
    package static func dead(
        owner: String, before: TaskID?, limit: Int, in connection: Connection
    ) throws -> [(id: TaskID, rows: Int)] {
        try connection.all(
            """
            SELECT id, dead FROM task WHERE owner = ?1 AND dead > 0 AND (?2 IS NULL OR id < ?2) AND swept_ms IS NULL
            ORDER BY id DESC LIMIT ?3
            """, .text(owner), .optional(before?.bytes), .integer(limit)
        ) { (id: try $0.taskID(0), rows: $0.int(1)) }
    }
}
