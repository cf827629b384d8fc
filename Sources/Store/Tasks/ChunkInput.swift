package import Core

/// What is kept of one chunk's input, from which its rows can be run again.
package struct ChunkInput: Sendable {
    package let position: Int
    /// The rows as they were scanned; nil when only the records are kept.
    package let rows: Rows?
    /// The caller's own records; nil when they were not kept.
    package let records: Records?

    /// Finds the first chunk from a position on of which anything is kept.
    static func next(of task: Int64, from position: Int, in connection: Connection) throws -> ChunkInput? {
        if position == 0, let single = try single(task, in: connection) { return single }
        guard position < ChunkKey.positions else { return nil }
        let (first, last) = (ChunkKey(task: task, position: position).rawValue, ChunkKey.all(of: task).upperBound)
        let found = try connection.first(
            """
            SELECT min(chunk) FROM (
                SELECT min(chunk) AS chunk FROM payload WHERE chunk BETWEEN ?1 AND ?2
                UNION ALL SELECT min(chunk) FROM record WHERE chunk BETWEEN ?1 AND ?2) AS kept
            """, .integer(first), .integer(last)
        ) { $0.isNull(0) ? nil : ChunkKey(rawValue: $0.integer(0)) }
        guard let found, let key = found else { return nil }
        return ChunkInput(
            position: key.position, rows: try PayloadTable.find(key, in: connection).map { try Rows(payload: $0.body) },
            records: try RecordTable.find(key, in: connection))
    }

    /// The only row of a task that carries it itself.
    private static func single(_ task: Int64, in connection: Connection) throws -> ChunkInput? {
        let key = ChunkKey(task: task, position: 0)
        guard let found = try PayloadTable.find(key, in: connection), found.isInTask else { return nil }
        return ChunkInput(position: 0, rows: try Rows(payload: found.body), records: nil)
    }
}
