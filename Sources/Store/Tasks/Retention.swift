package import Core

/// Deletes what need not be kept any longer, a bounded piece at a time.
///
/// The record of a task with many rows stays, without rows: its caller may ask for it. It is marked first and emptied
/// afterwards, so that no reader meets half of its results; the sweep is done with it when it no longer has a time until
/// which results are kept. Tasks of one row, and those answered in their own request, go as a whole: there are too many. One
/// that was submitted under a key stays as a record until the key is too old, so that a repetition is not done again.
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
        let tasks = try connection.all(dueSQL, .time(time), .integer(Limits.sweptTasks)) { row in
            let until = row.isNull(2) ? nil : row.time(2) + Limits.idempotency
            return Due(key: row.integer(0), isSmall: row.int(1) != 0, keyUntil: until.flatMap { $0 > time ? $0 : nil })
        }
        try TaskTable.forget(tasks.filter(\.goesWhole).map(\.key), in: connection)
        var room = Limits.sweptChunks
        for task in tasks where !task.goesWhole && room > 0 { try empty(task, &room, at: time, in: connection) }
        return room == 0 || tasks.count == Limits.sweptTasks
    }

    /// A task whose time is over.
    private struct Due {
        let key: Int64
        /// Whether it has one row, or was answered in its own request.
        let isSmall: Bool
        /// Until when the key counts under which it was submitted; nil without one.
        let keyUntil: WallTime?

        var goesWhole: Bool { isSmall && keyUntil == nil }
        /// When the sweep has to look at its record again; nil when it is done with it.
        var nextLook: WallTime? { isSmall ? keyUntil : nil }
    }

    static let dueSQL = """
        SELECT key, rows = 1 OR source = 'sync', (SELECT max(created_ms) FROM idempotency WHERE idempotency.task = task.key)
        FROM task WHERE results_until_ms <= ? ORDER BY results_until_ms LIMIT ?
        """

    /// Deletes what a task has, as far as there is room.
    private static func empty(
        _ task: Due, _ room: inout Int, at time: WallTime, in connection: Connection
    ) throws {
        room -= try ResultTable.delete(upTo: room, of: task.key, in: connection)
        if room > 0 { room -= try PayloadTable.delete(upTo: room, of: task.key, in: connection) }
        if room > 0 { room -= try RecordTable.delete(upTo: room, of: task.key, in: connection) }
        if room > 0 { try InputTable.delete(task.key, in: connection) }
        try mark(task, at: time, isEmpty: room > 0, in: connection)
    }

    private static func mark(_ task: Due, at time: WallTime, isEmpty: Bool, in connection: Connection) throws {
        try connection.run(
            """
            UPDATE task SET swept_ms = coalesce(swept_ms, ?2), result = NULL, input = NULL, revision = revision + 1,
                results_until_ms = CASE WHEN ?3 = 0 THEN results_until_ms ELSE ?4 END
            WHERE key = ?1
            """, .integer(task.key), .time(time), .integer(isEmpty ? 1 : 0), .optional(task.nextLook))
    }

    /// Some tasks whose rows are gone and that ended before a time.
    package static func records(endedBefore time: WallTime, in connection: Connection) throws -> [Int64] {
        try connection.all(recordsSQL, .time(time), .integer(Limits.sweptTasks)) { $0.integer(0) }
    }

    static let recordsSQL = """
        SELECT key FROM task WHERE completed_ms <= ? AND swept_ms IS NOT NULL AND results_until_ms IS NULL
        ORDER BY completed_ms LIMIT ?
        """
}
