package import Core

/// Deletes what need not be kept any longer, a bounded piece at a time.
///
/// A task's record stays, without rows. It is marked first and emptied afterwards, so that no reader meets half of its
/// results; the sweep is done with a task when the task no longer has a time until which results are kept.
package enum Retention {
    /// Whether a task's time is over.
    package static func isAnyDue(at time: WallTime, in connection: Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM task WHERE results_until_ms <= ? LIMIT 1", .time(time)) { _ in true }
            ?? false
    }

    /// Sweeps some tasks whose time is over.
    ///
    /// - Returns: whether more is left to sweep now.
    package static func sweep(at time: WallTime, in connection: Connection) throws -> Bool {
        let tasks = try connection.all(
            "SELECT key FROM task WHERE results_until_ms <= ? ORDER BY results_until_ms LIMIT ?",
            .time(time), .integer(Limits.sweptTasks)
        ) { $0.integer(0) }
        var room = Limits.sweptChunks
        for task in tasks where room > 0 {
            room -= try ResultTable.delete(upTo: room, of: task, in: connection)
            if room > 0 { room -= try PayloadTable.delete(upTo: room, of: task, in: connection) }
            if room > 0 { room -= try RecordTable.delete(upTo: room, of: task, in: connection) }
            if room > 0 { try InputTable.delete(task, in: connection) }
            try mark(task, at: time, isEmpty: room > 0, in: connection)
            if room > 0 { try forgetSynchronous(task, in: connection) }
        }
        return room == 0 || tasks.count == Limits.sweptTasks
    }

    /// Forgets a task that was answered in its own request: nobody has its id to ask for, and there are very many.
    private static func forgetSynchronous(_ task: Int64, in connection: Connection) throws {
        let isSynchronous =
            try connection.first("SELECT source = 'sync' FROM task WHERE key = ?", .integer(task)) { $0.int(0) != 0 }
        if isSynchronous == true { try TaskTable.forget(task, in: connection) }
    }

    private static func mark(_ task: Int64, at time: WallTime, isEmpty: Bool, in connection: Connection) throws {
        try connection.run(
            """
            UPDATE task SET swept_ms = coalesce(swept_ms, ?2), result = NULL, input = NULL, revision = revision + 1,
                results_until_ms = CASE WHEN ?3 = 0 THEN results_until_ms END
            WHERE key = ?1
            """, .integer(task), .time(time), .integer(isEmpty ? 1 : 0))
    }
}
