package import Core

/// How a task is stopped before its end: marked first, emptied in bounded steps, ended when nothing of it runs any more.
extension TaskTable {
    /// Marks a task to be stopped; an upload of it takes no more rows.
    ///
    /// - Returns: false when the task had ended, or was being stopped already.
    package static func beginCancelling(_ task: Int64, in connection: Connection) throws -> Bool {
        try connection.run(
            """
            UPDATE task SET status = 'cancelling', revision = revision + 1,
                input_state = iif(input_state = 'receiving', 'broken', input_state), receiver = NULL
            WHERE key = ? AND status IN ('pending', 'processing')
            """, .integer(task)) == 1
    }

    /// Ends a task of which nothing waits or runs any more; rows scored before stay readable.
    ///
    /// - Returns: the task's id.
    package static func endCancelling(
        _ task: Int64, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> TaskID? {
        try connection.first(
            """
            UPDATE task SET status = 'cancelled', completed_ms = ?2, input = NULL, revision = revision + 1,
                results_until_ms = iif(swept_ms IS NULL, ?3, ?2)
            WHERE key = ?1 AND status = 'cancelling'
            RETURNING id
            """, .integer(task), .time(time), .time(time + retention)
        ) { TaskID(bytes: $0.blob(0))! }
    }

    /// The tasks that are being stopped, each with its model.
    package static func cancelling(in connection: Connection) throws -> [(task: Int64, model: Int64)] {
        try connection.all(
            "SELECT key, model FROM task WHERE status = 'cancelling' LIMIT ?", .integer(Limits.sweptTasks)
        ) { ($0.integer(0), $0.integer(1)) }
    }

    /// Hides a task's rows and results at once; the keeper deletes them.
    package static func purge(_ task: Int64, at time: WallTime, in connection: Connection) throws {
        try connection.run(
            """
            UPDATE task SET swept_ms = coalesce(swept_ms, ?2), result = NULL, revision = revision + 1,
                results_until_ms = iif(completed_ms IS NULL, NULL, ?2)
            WHERE key = ?1
            """, .integer(task), .time(time))
    }
}
