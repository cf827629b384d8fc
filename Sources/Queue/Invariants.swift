package import Store

/// What must hold between any two transactions, whatever happened.
///
/// `sibyl check` asks for it, and so does every test of the queue. The queries walk keys in order, so that a large
/// database takes seconds; they hold one state of it meanwhile.
package enum Invariants {
    /// Looks for states that must not be.
    ///
    /// - Returns: a name for each kind that was found; empty when all is well.
    package static func faults(in connection: Connection) throws -> [String] {
        try forbidden.compactMap { fault, rows in
            let isThere = try connection.first("SELECT EXISTS (\(rows))") { $0.int(0) != 0 } ?? true
            return isThere ? fault : nil
        }
    }

    /// A fault's name, and a query that finds it.
    private static var forbidden: [(fault: String, rows: String)] { queue + uploads + kept }

    private static let queue = [
        (
            "lease without owner",
            "SELECT 1 FROM chunk WHERE state = 'leased' AND owner NOT IN (SELECT key FROM owner)"
        ),
        (
            "backlog differs",
            """
            SELECT model FROM (
                SELECT model, -rows AS rows FROM backlog UNION ALL SELECT model, rows FROM chunk
                UNION ALL SELECT model, rows FROM parked)
            GROUP BY model HAVING sum(rows) <> 0
            """
        ),
        (
            "rows of a task differ",
            """
            SELECT 1 FROM task WHERE status IN ('pending', 'processing') AND rows - succeeded - failed <>
                (SELECT coalesce(sum(rows), 0) FROM chunk
                    WHERE chunk.key BETWEEN task.key << 24 AND task.key << 24 | 0xFFFFFF)
                + (SELECT coalesce(sum(rows), 0) FROM parked
                    WHERE parked.key BETWEEN task.key << 24 AND task.key << 24 | 0xFFFFFF)
            """
        ),
        (
            "chunk of an ended task",
            """
            SELECT 1 FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS waiting
                LEFT JOIN task ON task.key = waiting.key >> 24
            WHERE task.key IS NULL OR completed_ms IS NOT NULL
            """
        ),
        ("chunk in both tables", "SELECT 1 FROM chunk JOIN parked USING (key)"),
        (
            "chunk without its rows",
            """
            SELECT 1 FROM (SELECT key FROM chunk UNION ALL SELECT key FROM parked) AS waiting
            WHERE key NOT IN (SELECT chunk FROM payload)
                AND key NOT IN (SELECT key << 24 FROM task WHERE input IS NOT NULL)
            """
        ),
    ]

    private static let uploads = [
        (
            "upload of a process that is gone",
            "SELECT 1 FROM task WHERE receiver > 0 AND receiver >> 32 NOT IN (SELECT key FROM owner)"
        ),
        (
            "nobody's upload that cannot go on",
            """
            SELECT 1 FROM task LEFT JOIN input ON input.task = task.key
            WHERE receiver = 0 AND (input_state <> 'receiving' OR idle_until_ms IS NULL)
            """
        ),
        (
            "ended upload that could go on",
            """
            SELECT 1 FROM input JOIN task ON task.key = input.task
            WHERE idle_until_ms IS NOT NULL AND input_state <> 'receiving'
            """
        ),
        (
            "key in progress of an upload that is over",
            """
            SELECT 1 FROM idempotency LEFT JOIN task ON task.key = idempotency.task
            WHERE task.key IS NULL OR (fingerprint IS NULL AND input_state <> 'receiving')
            """
        ),
    ]

    private static let kept = [
        (
            "something without its task",
            """
            SELECT 1 FROM (
                SELECT chunk >> 24 AS task FROM payload UNION ALL SELECT chunk >> 24 FROM result
                UNION ALL SELECT chunk >> 24 FROM record UNION ALL SELECT task FROM input)
            WHERE task NOT IN (SELECT key FROM task)
            """
        ),
        (
            "something of a swept task",
            """
            SELECT 1 FROM task WHERE completed_ms IS NOT NULL AND swept_ms IS NOT NULL AND results_until_ms IS NULL
                AND (task.input IS NOT NULL OR result IS NOT NULL
                    OR key IN (SELECT chunk >> 24 FROM payload UNION ALL SELECT chunk >> 24 FROM result
                        UNION ALL SELECT chunk >> 24 FROM record UNION ALL SELECT task FROM input))
            """
        ),
        (
            "payload without a chunk",
            """
            SELECT 1 FROM payload JOIN task ON task.key = payload.chunk >> 24
            WHERE kept = 'none' AND chunk NOT IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            """
        ),
        (
            "input of a chunk that was removed",
            """
            SELECT 1 FROM (SELECT chunk FROM record UNION ALL SELECT chunk FROM payload) AS stored
                JOIN task ON task.key = stored.chunk >> 24
            WHERE swept_ms IS NULL AND stored.chunk NOT IN
                (SELECT chunk FROM result UNION ALL SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            """
        ),
        (
            "results are not the rows that are done",
            """
            SELECT 1 FROM task WHERE swept_ms IS NULL AND result IS NULL AND succeeded + failed <>
                (SELECT coalesce(sum(rows), 0) FROM result
                    WHERE result.chunk BETWEEN task.key << 24 AND task.key << 24 | 0xFFFFFF)
            """
        ),
    ]
}
