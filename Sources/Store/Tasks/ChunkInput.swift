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
        let found = try connection.first(nextSQL, .integer(first), .integer(last)) { row in
            row.isNull(0)
                ? nil
                : ChunkInput(
                    position: ChunkKey(rawValue: row.integer(0)).position,
                    rows: try row.optionalBlob(1).map { try Rows(payload: $0) },
                    records: try row.optionalBlob(2).map { try Records(record: $0) })
        }
        return found.flatMap(\.self)
    }

    /// The first chunk of which anything is kept, with all that is.
    private static let nextSQL = """
        SELECT first.chunk, payload.body, record.body FROM (
            SELECT min(chunk) AS chunk FROM (
                SELECT min(chunk) AS chunk FROM payload WHERE chunk BETWEEN ?1 AND ?2
                UNION ALL SELECT min(chunk) FROM record WHERE chunk BETWEEN ?1 AND ?2) AS kept) AS first
        LEFT JOIN payload ON payload.chunk = first.chunk LEFT JOIN record ON record.chunk = first.chunk
        """

    /// The only row of a task that carries it itself.
    private static func single(_ task: Int64, in connection: Connection) throws -> ChunkInput? {
        let key = ChunkKey(task: task, position: 0)
        guard let found = try PayloadTable.find(key, in: connection), found.isInTask else { return nil }
        return ChunkInput(position: 0, rows: try Rows(payload: found.body), records: nil)
    }
}
