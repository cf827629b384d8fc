package import Store

/// What must hold in every state that a transaction leaves behind, whatever happened before.
package enum QueueInvariants {
    /// Names each rule that is broken, with the key of the row at which it is.
    package static func faults(in connection: Connection) throws -> [String] {
        try rules.flatMap { name, sql in
            try connection.all(sql + " LIMIT 3") { "\(name) (\($0.integer(0)))" }
        }
    }

    /// A name, and a query that finds the keys of what breaks the rule.
    private static let rules = queue + counts + leftovers

    private static let queue: [(String, String)] = [
        (
            "lease without owner",
            "SELECT key FROM chunk WHERE state = 'leased' AND owner NOT IN (SELECT key FROM owner)"
        ),
        ("token of another owner", "SELECT key FROM chunk WHERE state = 'leased' AND token >> 32 <> owner"),
        ("chunk both queued and parked", "SELECT key FROM chunk WHERE key IN (SELECT key FROM parked)"),
        (
            "chunk without its task",
            """
            SELECT key FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            WHERE key >> 24 NOT IN (SELECT key FROM task)
            """
        ),
        (
            "chunk of an ended task",
            """
            SELECT queued.key FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS queued
            JOIN task ON task.key = queued.key >> 24 WHERE completed_ms IS NOT NULL
            """
        ),
        (
            "chunk that has a result",
            """
            SELECT chunk FROM result
            WHERE chunk IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            """
        ),
        (
            "chunk without its rows",
            """
            SELECT queued.key FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS queued
            JOIN task ON task.key = queued.key >> 24
            WHERE input IS NULL AND NOT EXISTS (SELECT 1 FROM payload WHERE chunk = queued.key)
            """
        ),
        (
            "upload without a process",
            "SELECT key FROM task WHERE receiver <> 0 AND receiver >> 32 NOT IN (SELECT key FROM owner)"
        ),
        (
            "upload that nobody will end",
            """
            SELECT key FROM task WHERE receiver = 0
                AND NOT EXISTS (SELECT 1 FROM input WHERE task = key AND idle_until_ms IS NOT NULL)
            """
        ),
    ]

    private static let counts: [(String, String)] = [
        (
            "backlog differs",
            """
            SELECT model.key FROM model LEFT JOIN backlog ON backlog.model = model.key
            WHERE coalesce(backlog.rows, 0)
                <> (SELECT coalesce(sum(rows), 0) FROM chunk WHERE chunk.model = model.key)
                + (SELECT coalesce(sum(rows), 0) FROM parked WHERE parked.model = model.key)
            """
        ),
        (
            "rows of a task differ",
            """
            SELECT key FROM (
                SELECT task.key, status, rows - succeeded - failed AS undone,
                    (SELECT coalesce(sum(rows), 0) FROM chunk
                        WHERE chunk.key BETWEEN task.key << 24 AND task.key << 24 | 16777215)
                    + (SELECT coalesce(sum(rows), 0) FROM parked
                        WHERE parked.key BETWEEN task.key << 24 AND task.key << 24 | 16777215) AS queued
                FROM task WHERE completed_ms IS NULL)
            WHERE undone < queued OR undone <> queued AND status <> 'cancelling'
            """
        ),
        (
            "results of a task differ",
            """
            SELECT key FROM task WHERE swept_ms IS NULL AND result IS NULL
                AND (SELECT coalesce(sum(rows), 0) FROM result
                    WHERE chunk BETWEEN task.key << 24 AND task.key << 24 | 16777215) <> succeeded + failed
            """
        ),
        (
            "result at the wrong row",
            """
            SELECT chunk FROM result WHERE first_row < coalesce((SELECT max(before.first_row + before.rows)
                FROM result AS before
                WHERE before.chunk < result.chunk AND before.chunk >= result.chunk >> 24 << 24), 0)
            """
        ),
        (
            "task that is done and has not ended",
            """
            SELECT key FROM task WHERE completed_ms IS NULL AND status <> 'cancelling' AND input_state = 'complete'
                AND succeeded + failed = rows
            """
        ),
        (
            "task that ended before its end",
            """
            SELECT key FROM task WHERE (status IN ('completed', 'completed_with_errors')
                OR status = 'failed' AND failure IS NULL) AND (input_state <> 'complete' OR succeeded + failed <> rows)
            """
        ),
        (
            "ended task that is kept for ever",
            """
            SELECT key FROM task WHERE completed_ms IS NOT NULL AND results_until_ms IS NULL AND swept_ms IS NULL
            """
        ),
    ]

    private static let leftovers: [(String, String)] = [
        (
            "payload without a chunk",
            """
            SELECT chunk FROM payload JOIN task ON task.key = chunk >> 24
            WHERE kept = 'none' AND chunk NOT IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            """
        ),
        (
            "rows without their task",
            """
            SELECT task FROM (
                SELECT chunk >> 24 AS task FROM payload UNION ALL SELECT chunk >> 24 FROM record
                UNION ALL SELECT chunk >> 24 FROM result UNION ALL SELECT task FROM input
                UNION ALL SELECT task FROM idempotency)
            WHERE task NOT IN (SELECT key FROM task)
            """
        ),
        (
            "rows left of a swept task",
            """
            SELECT key FROM task WHERE swept_ms IS NOT NULL AND completed_ms IS NOT NULL AND results_until_ms IS NULL
                AND (input IS NOT NULL OR result IS NOT NULL
                    OR EXISTS (SELECT 1 FROM input WHERE input.task = task.key)
                    OR EXISTS (SELECT 1 FROM payload WHERE chunk BETWEEN key << 24 AND key << 24 | 16777215)
                    OR EXISTS (SELECT 1 FROM record WHERE chunk BETWEEN key << 24 AND key << 24 | 16777215)
                    OR EXISTS (SELECT 1 FROM result WHERE chunk BETWEEN key << 24 AND key << 24 | 16777215))
            """
        ),
        (
            "key of a submission that broke",
            """
            SELECT task.key FROM idempotency JOIN task ON task.key = idempotency.task
            WHERE status = 'failed' AND failure IS NOT NULL
            """
        ),
        (
            "key of a whole submission without a fingerprint",
            """
            SELECT task.key FROM idempotency JOIN task ON task.key = idempotency.task
            WHERE fingerprint IS NULL AND input_state = 'complete'
            """
        ),
    ]
}
