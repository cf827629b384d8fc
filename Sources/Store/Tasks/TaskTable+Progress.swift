package import Core

/// What some ended chunks of one task add to it.
package struct TaskProgress: Sendable {
    package let task: Int64
    package var succeeded = 0
    package var failed = 0
    /// Of those that failed, rows that were right.
    package var dead = 0
    /// When the first of the runs began; nil when nothing ran.
    package var startedAt: WallTime?
    /// The result of a one-row task, kept in the task itself.
    package var singleResult: [UInt8]?

    package init(task: Int64, startedAt: WallTime?) {
        self.task = task
        self.startedAt = startedAt
    }
}

extension TaskTable {
    /// A task after some of its rows were counted.
    package struct Counted: Sendable {
        package let id: TaskID
        package let status: PredictionTask.Status
        package let model: Int64
        package let kept: KeptInput
    }

    /// Counts ended rows of tasks, and ends each with the last of its rows.
    ///
    /// - Returns: for each nil when the task had ended before, so that the rows do not count.
    package static func count(
        _ progresses: [TaskProgress], at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> [Counted?] {
        try connection.firstOfEach(
            countSQL,
            progresses.map { progress in
                [
                    .integer(progress.task), .integer(progress.succeeded), .integer(progress.failed),
                    .optional(progress.startedAt), .time(time), .integer(retention.wholeMilliseconds),
                    .optional(progress.singleResult), .integer(progress.dead),
                ]
            }
        ) {
            Counted(
                id: try $0.taskID(0), status: try $0.word(1),
                model: $0.integer(2), kept: try $0.word(3))
        }
    }

    private static let countSQL = """
        UPDATE task SET
            succeeded = succeeded + ?2, failed = failed + ?3, dead = dead + ?8, revision = revision + 1,
            started_ms = coalesce(started_ms, ?4),
            input = CASE WHEN ?7 IS NULL OR kept = 'columns' THEN input END, result = coalesce(?7, result),
            status = CASE
                WHEN status = 'cancelling' THEN status
                WHEN input_state <> 'complete' OR succeeded + ?2 + failed + ?3 < rows THEN
                    CASE WHEN succeeded + ?2 + failed + ?3 > 0 THEN 'processing' ELSE status END
                WHEN failed + ?3 = 0 THEN 'completed'
                WHEN succeeded + ?2 = 0 THEN 'failed'
                ELSE 'completed_with_errors' END,
            completed_ms = CASE WHEN status <> 'cancelling' AND input_state = 'complete'
                AND succeeded + ?2 + failed + ?3 = rows THEN ?5 END,
            results_until_ms = CASE WHEN status <> 'cancelling' AND input_state = 'complete'
                AND succeeded + ?2 + failed + ?3 = rows THEN ?5 + coalesce(keep_ms, ?6) END
        WHERE key = ?1 AND status IN ('pending', 'processing', 'cancelling')
        RETURNING id, status, model, kept
        """
}
