package import Store

/// What must hold between any two transactions, whatever happened.
///
/// `sibyl check` asks for it, and so does every test of the queue. The queries walk keys in order, so that a large
/// database takes seconds; they hold one state of it meanwhile.
package enum Invariants {
    /// A state that must not be.
    struct Fault {
        let name: String
        /// A query for the keys of the tasks, chunks or models at which it is.
        let keys: String
    }

    /// Looks for states that must not be.
    ///
    /// - Returns: each kind that was found, with some of the keys at which it is; empty when all is well.
    package static func faults(in connection: Connection) throws -> [String] {
        try (queue + uploads + counts + kept).compactMap { fault in
            let keys = try connection.all(fault.keys + " LIMIT 3") { "\($0.integer(0))" }
            return keys.isEmpty ? nil : "\(fault.name) (\(keys.joined(separator: ", ")))"
        }
    }

    private static let queue = [
        Fault(
            name: "lease without owner",
            keys: "SELECT key FROM chunk WHERE state = 'leased' AND owner NOT IN (SELECT key FROM owner)"),
        Fault(
            name: "token of another owner",
            keys: "SELECT key FROM chunk WHERE state = 'leased' AND token >> 32 <> owner"),
        Fault(name: "chunk both queued and parked", keys: "SELECT key FROM chunk JOIN parked USING (key)"),
        Fault(
            name: "chunk of an ended task",
            keys: """
                SELECT waiting.key FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS waiting
                    LEFT JOIN task ON task.key = waiting.key >> 24
                WHERE task.key IS NULL OR completed_ms IS NOT NULL
                """),
        Fault(
            name: "chunk that has a result",
            keys: "SELECT chunk FROM result WHERE chunk IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)"),
        Fault(
            name: "chunk without its rows",
            keys: """
                SELECT waiting.key FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS waiting
                WHERE key NOT IN (SELECT chunk FROM payload)
                    AND key NOT IN (SELECT key << 24 FROM task WHERE input IS NOT NULL)
                """),
    ]

    private static let uploads = [
        Fault(
            name: "upload of a process that is gone",
            keys: "SELECT key FROM task WHERE receiver > 0 AND receiver >> 32 NOT IN (SELECT key FROM owner)"),
        Fault(
            name: "nobody's upload that cannot go on",
            keys: """
                SELECT key FROM task LEFT JOIN input ON input.task = task.key
                WHERE receiver = 0 AND (input_state <> 'receiving' OR idle_until_ms IS NULL)
                """),
        Fault(
            name: "ended upload that could go on",
            keys: """
                SELECT task FROM input JOIN task ON task.key = input.task
                WHERE idle_until_ms IS NOT NULL AND input_state <> 'receiving'
                """),
        Fault(
            name: "key in progress of an upload that is over",
            keys: """
                SELECT idempotency.task FROM idempotency LEFT JOIN task ON task.key = idempotency.task
                WHERE task.key IS NULL OR (fingerprint IS NULL AND input_state <> 'receiving')
                """),
        Fault(
            name: "key of a submission that broke",
            keys: """
                SELECT task.key FROM idempotency JOIN task ON task.key = idempotency.task
                WHERE status = 'failed' AND failure IS NOT NULL
                """),
    ]

    private static let counts = [
        Fault(
            name: "backlog differs",
            keys: """
                SELECT model FROM (
                    SELECT model, -rows AS rows FROM backlog UNION ALL SELECT model, rows FROM chunk
                    UNION ALL SELECT model, rows FROM parked) AS counted
                GROUP BY model HAVING sum(rows) <> 0
                """),
        Fault(
            name: "rows of a task differ",
            keys: """
                SELECT key FROM (
                    SELECT task.key, status, rows - succeeded - failed AS undone,
                        (SELECT coalesce(sum(rows), 0) FROM chunk
                            WHERE chunk.key BETWEEN task.key << 24 AND task.key << 24 | 16777215)
                        + (SELECT coalesce(sum(rows), 0) FROM parked
                            WHERE parked.key BETWEEN task.key << 24 AND task.key << 24 | 16777215) AS waiting
                    FROM task WHERE completed_ms IS NULL) AS running
                WHERE undone < waiting OR (undone <> waiting AND status <> 'cancelling')
                """),
        Fault(
            name: "results are not the rows that are done",
            keys: """
                SELECT key FROM task WHERE swept_ms IS NULL AND result IS NULL AND succeeded + failed <>
                    (SELECT coalesce(sum(rows), 0) FROM result
                        WHERE result.chunk BETWEEN task.key << 24 AND task.key << 24 | 16777215)
                """),
        Fault(
            name: "result at the wrong row",
            keys: """
                SELECT chunk FROM (
                    SELECT chunk, first_row,
                        lag(first_row + rows, 1, 0) OVER (PARTITION BY chunk >> 24 ORDER BY chunk) AS before
                    FROM result) AS stored
                WHERE first_row < before
                """),
        Fault(
            name: "task that is done and has not ended",
            keys: """
                SELECT key FROM task WHERE completed_ms IS NULL AND status <> 'cancelling'
                    AND input_state = 'complete' AND succeeded + failed = rows
                """),
        Fault(
            name: "task that ended before its end",
            keys: """
                SELECT key FROM task
                WHERE (status IN ('completed', 'completed_with_errors') OR (status = 'failed' AND failure IS NULL))
                    AND (input_state <> 'complete' OR succeeded + failed <> rows)
                """),
        Fault(
            name: "ended task that is kept for ever",
            keys: """
                SELECT key FROM task WHERE completed_ms IS NOT NULL AND results_until_ms IS NULL AND swept_ms IS NULL
                """),
    ]

    private static let kept = [
        Fault(
            name: "something without its task",
            keys: """
                SELECT task FROM (
                    SELECT chunk >> 24 AS task FROM payload UNION ALL SELECT chunk >> 24 FROM result
                    UNION ALL SELECT chunk >> 24 FROM record UNION ALL SELECT task FROM input) AS kept
                WHERE task NOT IN (SELECT key FROM task)
                """),
        Fault(
            name: "something of a swept task",
            keys: """
                SELECT key FROM task
                WHERE completed_ms IS NOT NULL AND swept_ms IS NOT NULL AND results_until_ms IS NULL
                    AND (task.input IS NOT NULL OR result IS NOT NULL
                        OR key IN (SELECT chunk >> 24 FROM payload UNION ALL SELECT chunk >> 24 FROM result
                            UNION ALL SELECT chunk >> 24 FROM record UNION ALL SELECT task FROM input))
                """),
        Fault(
            name: "payload without a chunk",
            keys: """
                SELECT chunk FROM payload JOIN task ON task.key = payload.chunk >> 24
                WHERE kept = 'none' AND chunk NOT IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
                """),
        Fault(
            name: "input of a chunk that was removed",
            keys: """
                SELECT stored.chunk FROM (SELECT chunk FROM record UNION ALL SELECT chunk FROM payload) AS stored
                    JOIN task ON task.key = stored.chunk >> 24
                WHERE swept_ms IS NULL AND stored.chunk NOT IN
                    (SELECT chunk FROM result UNION ALL SELECT key FROM chunk UNION ALL SELECT key FROM parked)
                """),
    ]
}
