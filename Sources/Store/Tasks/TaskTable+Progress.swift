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

    /// Counts ended rows, and ends the task with the last of them.
    ///
    /// - Returns: nil when the task had ended before, so that the rows do not count.
    package static func count(
        _ progress: TaskProgress, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> Counted? {
        try connection.first(
            """
            UPDATE task SET
                succeeded = succeeded + ?2, failed = failed + ?3, dead = dead + ?8, revision = revision + 1,
                started_ms = coalesce(started_ms, ?4),
                input = iif(?7 IS NULL OR kept = 'columns', input, NULL), result = coalesce(?7, result),
                status = CASE
                    WHEN status = 'cancelling' THEN status
                    WHEN input_state <> 'complete' OR succeeded + ?2 + failed + ?3 < rows THEN
                        iif(succeeded + ?2 + failed + ?3 > 0, 'processing', status)
                    WHEN failed + ?3 = 0 THEN 'completed'
                    WHEN succeeded + ?2 = 0 THEN 'failed'
                    ELSE 'completed_with_errors' END,
                completed_ms = iif(status <> 'cancelling' AND input_state = 'complete' AND succeeded + ?2 + failed + ?3 = rows, ?5, NULL),
                results_until_ms = iif(status <> 'cancelling' AND input_state = 'complete' AND succeeded + ?2 + failed + ?3 = rows, ?5 + coalesce(keep_ms, ?6), NULL)
            WHERE key = ?1 AND status IN ('pending', 'processing', 'cancelling')
            RETURNING id, status, model, kept
            """,
            .integer(progress.task), .integer(progress.succeeded), .integer(progress.failed),
            .optional(progress.startedAt), .time(time), .integer(retention.wholeMilliseconds),
            .optional(progress.singleResult), .integer(progress.dead)
        ) {
            Counted(
                id: TaskID(bytes: $0.blob(0))!, status: PredictionTask.Status(rawValue: $0.text(1))!,
                model: $0.integer(2), kept: KeptInput(rawValue: $0.text(3))!)
        }
    }
}
