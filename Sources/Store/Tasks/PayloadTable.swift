/// The statements on the rows that chunks carry.
package enum PayloadTable {
    /// Stores a chunk's rows.
    package static func insert(_ key: ChunkKey, body: [UInt8], in connection: Connection) throws {
        try connection.enqueue("INSERT INTO payload (chunk, body) VALUES (?, ?)", .integer(key.rawValue), .blob(body))
    }

    /// Where a chunk's rows are kept.
    package struct Found: Sendable {
        package let body: [UInt8]
        /// Whether the task carries its only row itself.
        package let isInTask: Bool
    }

    /// Reads a chunk's rows, from its payload or from its task.
    ///
    /// - Returns: nil when they are gone.
    package static func find(_ key: ChunkKey, in connection: Connection) throws -> Found? {
        if key.position == 0 {
            let input = try connection.first("SELECT input FROM task WHERE key = ?", .integer(key.task)) {
                $0.optionalBlob(0)
            }
            if let input, let input { return Found(body: input, isInTask: true) }
        }
        return try connection.first("SELECT body FROM payload WHERE chunk = ?", .integer(key.rawValue)) {
            Found(body: $0.blob(0), isInTask: false)
        }
    }

    /// Reads the rows of several chunks, each from its payload or from its task.
    ///
    /// - Returns: for each chunk its rows; nil when they are gone.
    package static func find(_ keys: [ChunkKey], in connection: Connection) throws -> [Found?] {
        let single = keys.indices.filter { keys[$0].position == 0 }
        let inputs = try connection.firstOfEach(
            "SELECT input FROM task WHERE key = ?", single.map { [.integer(keys[$0].task)] }
        ) { $0.optionalBlob(0) }
        var found = [Found?](repeating: nil, count: keys.count)
        for (index, input) in zip(single, inputs) {
            if let input, let input { found[index] = Found(body: input, isInTask: true) }
        }
        let others = keys.indices.filter { found[$0] == nil }
        let bodies = try connection.firstOfEach(
            "SELECT body FROM payload WHERE chunk = ?", others.map { [.integer(keys[$0].rawValue)] }
        ) { $0.blob(0) }
        for (index, body) in zip(others, bodies) { found[index] = body.map { Found(body: $0, isInTask: false) } }
        return found
    }

    /// Finds the first chunk of a task from a position on whose rows are kept.
    static func next(of task: Int64, from position: Int, in connection: Connection) throws -> ChunkKey? {
        guard position < ChunkKey.positions else { return nil }
        let found = try connection.first(
            "SELECT min(chunk) FROM payload WHERE chunk BETWEEN ? AND ?",
            .integer(ChunkKey(task: task, position: position).rawValue), .integer(ChunkKey.all(of: task).upperBound)
        ) { $0.isNull(0) ? nil : ChunkKey(rawValue: $0.integer(0)) }
        return found.flatMap(\.self)
    }

    /// Deletes the rows of chunks.
    package static func delete(_ keys: [ChunkKey], in connection: Connection) throws {
        try connection.enqueueEach("DELETE FROM payload WHERE chunk = ?", keys.map { [.integer($0.rawValue)] })
    }

    /// Deletes a chunk's rows.
    package static func delete(_ key: ChunkKey, in connection: Connection) throws {
        try connection.run("DELETE FROM payload WHERE chunk = ?", .integer(key.rawValue))
    }

    /// Deletes rows of a task, a bounded number of chunks.
    ///
    /// - Returns: the number of chunks whose rows were deleted.
    static func delete(upTo limit: Int, of task: Int64, in connection: Connection) throws -> Int {
        let keys = ChunkKey.all(of: task)
        return try connection.run(
            "DELETE FROM payload WHERE chunk IN (SELECT chunk FROM payload WHERE chunk BETWEEN ? AND ? LIMIT ?)",
            .integer(keys.lowerBound), .integer(keys.upperBound), .integer(limit))
    }
}
