internal import Core
internal import Store

/// The chunks of a model that are next in turn: as much of its order as tells a task how many rows are before it.
struct QueueFront: Sendable, Equatable {
    /// The ranks of the chunks, ascending.
    private var ranks: [Int64] = []
    /// For each of them the rows before it, and at the end the rows of all.
    private var before = [0]

    /// Adds the next chunk in turn.
    mutating func add(rank: Int64, rows: Int) {
        ranks.append(rank)
        before.append(before[before.count - 1] + rows)
    }

    /// The rows that run before a chunk of a rank.
    ///
    /// - Returns: also whether there may be more, because the chunk lies behind all that was looked at.
    func rows(before rank: Int64) -> (rows: Int, mayBeMore: Bool) {
        let place = ranks.firstIndex { $0 >= rank } ?? ranks.count
        return (before[place], place == Limits.claimedChunks)
    }

    static let sql = "SELECT rank, rows FROM chunk WHERE state = 'ready' AND model = ? ORDER BY rank LIMIT ?"

    /// Looks at the next chunks of a model.
    static func read(of model: Int64, in connection: Connection) throws -> QueueFront {
        var front = QueueFront()
        try connection.forEachRow(sql, .integer(model), .integer(Limits.claimedChunks)) { row in
            front.add(rank: row.integer(0), rows: row.int(1))
            return true
        }
        return front
    }
}
