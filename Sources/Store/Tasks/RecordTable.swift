package import Core

/// The statements on the caller's own records.
package enum RecordTable {
    /// Stores a chunk's records.
    package static func insert(_ key: ChunkKey, body: [UInt8], in connection: Connection) throws {
        try connection.enqueue("INSERT INTO record (chunk, body) VALUES (?, ?)", .integer(key.rawValue), .blob(body))
    }

    /// Reads a chunk's records.
    ///
    /// - Returns: nil when they are gone, or were never kept.
    package static func find(_ key: ChunkKey, in connection: Connection) throws -> Records? {
        try connection.first("SELECT body FROM record WHERE chunk = ?", .integer(key.rawValue)) {
            try Records(record: $0.blob(0))
        }
    }

    /// Deletes a chunk's records.
    package static func delete(_ key: ChunkKey, in connection: Connection) throws {
        try connection.run("DELETE FROM record WHERE chunk = ?", .integer(key.rawValue))
    }

    /// Deletes records of a task, a bounded number of chunks.
    ///
    /// - Returns: the number of chunks whose records were deleted.
    static func delete(upTo limit: Int, of task: Int64, in connection: Connection) throws -> Int {
        let keys = ChunkKey.all(of: task)
        return try connection.run(
            "DELETE FROM record WHERE chunk IN (SELECT chunk FROM record WHERE chunk BETWEEN ? AND ? LIMIT ?)",
            .integer(keys.lowerBound), .integer(keys.upperBound), .integer(limit))
    }
}
