import Store

/// What must hold between any two transactions.
enum Rules {
    /// A name for each row that breaks a rule.
    static func faults(in connection: Connection) throws -> [String] {
        try connection.all(
            """
            SELECT 'lease without owner' FROM chunk WHERE state = 'leased' AND owner NOT IN (SELECT key FROM owner)
            UNION ALL
            SELECT 'backlog differs' WHERE (SELECT coalesce(sum(rows), 0) FROM backlog)
                <> (SELECT coalesce(sum(rows), 0) FROM chunk) + (SELECT coalesce(sum(rows), 0) FROM parked)
            UNION ALL
            SELECT 'rows of a task differ' FROM task WHERE status IN ('pending', 'processing')
                AND rows - succeeded - failed <>
                (SELECT coalesce(sum(rows), 0) FROM chunk WHERE chunk.key >> 24 = task.key)
                + (SELECT coalesce(sum(rows), 0) FROM parked WHERE parked.key >> 24 = task.key)
            UNION ALL
            SELECT 'chunk of an ended task' FROM chunk JOIN task ON task.key = chunk.key >> 24
                WHERE completed_ms IS NOT NULL
            UNION ALL
            SELECT 'chunk in both tables' FROM chunk JOIN parked USING (key)
            UNION ALL
            SELECT 'chunk that has a result' FROM result
                WHERE chunk IN (SELECT key FROM chunk UNION ALL SELECT key FROM parked)
            UNION ALL
            SELECT 'results are not the rows that are done' FROM task WHERE swept_ms IS NULL AND result IS NULL
                AND succeeded + failed <> (SELECT coalesce(sum(rows), 0) FROM result WHERE chunk >> 24 = task.key)
            UNION ALL
            SELECT 'payload without a chunk' FROM payload JOIN task ON task.key = payload.chunk >> 24
                WHERE kept = 'none' AND chunk NOT IN (SELECT key FROM chunk UNION SELECT key FROM parked)
            UNION ALL
            SELECT 'something without its task' FROM (SELECT chunk >> 24 AS task FROM payload
                UNION ALL SELECT chunk >> 24 FROM result UNION ALL SELECT chunk >> 24 FROM record
                UNION ALL SELECT task FROM input)
                WHERE task NOT IN (SELECT key FROM task)
            """
        ) { $0.text(0) }
    }
}
