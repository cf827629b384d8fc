package import Core

/// How a task is stopped before its end: marked first, emptied in bounded steps, ended when nothing of it runs any more.
extension TaskTable {
    /// What a task that is stopped ends in, and why.
    package enum Stop: Sendable, Equatable {
        /// Its caller asked for it.
        case cancelled
        /// Its deadline passed.
        case expired
        /// Its input will never be whole, or was refused.
        case failed(ErrorCode, refusal: String? = nil)

        fileprivate var status: PredictionTask.Status {
            switch self {
            case .cancelled: .cancelled
            case .expired: .expired
            case .failed: .failed
            }
        }

        fileprivate var failure: ErrorCode? {
            if case .failed(let code, _) = self { code } else { nil }
        }

        fileprivate var refusal: String? {
            if case .failed(_, let refusal) = self { refusal } else { nil }
        }
    }

    /// Marks a task to be stopped; an upload of it takes no more rows.
    ///
    /// - Parameter receiver: whose task it must be; nil for any.
    /// - Returns: false when the task had ended, was being stopped already, or another receives it.
    package static func beginStopping(
        _ task: Int64, as stop: Stop, receivedBy receiver: Int64? = nil, in connection: Connection
    ) throws -> Bool {
        let isMarked =
            try connection.run(
                """
                UPDATE task SET status = 'cancelling', stop = ?2, failure = ?3, refusal = ?5, revision = revision + 1,
                    input_state = CASE WHEN input_state = 'receiving' THEN 'broken' ELSE input_state END, receiver = NULL
                WHERE key = ?1 AND status IN ('pending', 'processing') AND (?4 IS NULL OR receiver = ?4)
                """, .integer(task), .text(stop.status.rawValue), .optional(stop.failure?.rawValue),
                .optional(receiver), .optional(stop.refusal)) == 1
        if isMarked { try InputTable.close(task, in: connection) }
        return isMarked
    }

    /// Ends a task of which nothing waits or runs any more; rows scored before stay readable.
    ///
    /// - Returns: the task as it ended; nil when it was not being stopped.
    package static func endStopping(
        _ task: Int64, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> EndedTask? {
        try connection.first(
            """
            UPDATE task SET status = coalesce(stop, 'cancelled'), completed_ms = ?2, input = NULL,
                revision = revision + 1,
                results_until_ms = CASE WHEN swept_ms IS NULL THEN ?2 + coalesce(keep_ms, ?3) ELSE ?2 END
            WHERE key = ?1 AND status = 'cancelling'
            RETURNING id, status
            """, .integer(task), .time(time), .integer(retention.wholeMilliseconds)
        ) {
            EndedTask(id: try $0.taskID(0), status: try $0.word(1))
        }
    }

    /// Whether a task is being stopped.
    package static func isStopping(_ task: Int64, in connection: Connection) throws -> Bool {
        try connection.first("SELECT 1 FROM task WHERE key = ? AND status = 'cancelling'", .integer(task)) { _ in true }
            ?? false
    }

    /// Tasks that are being stopped, each with its model, in the order of keys.
    ///
    /// - Parameter last: the key behind which to begin.
    package static func stopping(
        after last: Int64, in connection: Connection
    ) throws -> [(task: Int64, model: Int64)] {
        try connection.all(stoppingSQL, .integer(last), .integer(Limits.sweptTasks)) {
            ($0.integer(0), $0.integer(1))
        }
    }

    static let stoppingSQL = "SELECT key, model FROM task WHERE status = 'cancelling' AND key > ? ORDER BY key LIMIT ?"

    /// The rows of tasks that are being stopped, as far as they have no result; some may have left the queue already.
    package static func stoppingRows(in connection: Connection) throws -> Int {
        try connection.first(stoppingRowsSQL) { $0.int(0) } ?? 0
    }

    static let stoppingRowsSQL =
        "SELECT coalesce(sum(rows - succeeded - failed), 0) FROM task WHERE status = 'cancelling'"

    /// The tasks whose deadline has passed, and the uploads that nobody went on with.
    ///
    /// - Parameter idle: the time by which uploads are judged.
    package static func overdue(
        at time: WallTime, idleAt idle: WallTime, in connection: Connection
    ) throws -> [(task: Int64, stop: Stop)] {
        let expired = try connection.all(expiredSQL, .time(time), .integer(Limits.sweptTasks)) {
            (task: $0.integer(0), stop: Stop.expired)
        }
        let broken = try connection.all(idleSQL, .time(idle), .integer(Limits.sweptTasks)) {
            (task: $0.integer(0), stop: Stop.failed(.uploadIncomplete))
        }
        return expired + broken
    }

    static let expiredSQL = """
        SELECT key FROM task WHERE deadline_ms <= ? AND completed_ms IS NULL AND status <> 'cancelling' LIMIT ?
        """

    /// The order of the join is given: by itself SQLite looks through all uploads that nobody receives.
    static let idleSQL = """
        SELECT input.task FROM input CROSS JOIN task ON task.key = input.task
        WHERE idle_until_ms <= ? AND receiver = \(nobody) LIMIT ?
        """

    /// Hides a task's rows and results at once; the keeper deletes them.
    package static func purge(_ task: Int64, at time: WallTime, in connection: Connection) throws {
        try connection.run(
            """
            UPDATE task SET swept_ms = coalesce(swept_ms, ?2), result = NULL, refusal = NULL, revision = revision + 1,
                results_until_ms = CASE WHEN completed_ms IS NOT NULL THEN ?2 END
            WHERE key = ?1
            """, .integer(task), .time(time))
    }
}
