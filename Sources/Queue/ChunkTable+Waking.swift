internal import Core
internal import Store

/// How chunks that were set aside come to run: when all rows of their task are here, or when their time has come.
///
/// Each step is bounded, however many chunks a task has. A task that was held has a window: some of its chunks have a time
/// and wake like all that is due, and each that wakes gives the next one behind the window its time.
extension ChunkTable {
    /// Lets the held chunks of a task run, at once or at a time: the first ones here, and the rest by the keeper's promotion.
    ///
    /// - Parameters:
    ///   - model: the key of the task's model.
    ///   - now: when those behind the first ones may run.
    static func release(
        heldOf task: Int64, model: Int64, notBefore time: WallTime?, at now: WallTime, in connection: Connection
    ) throws {
        let keys = ChunkKey.all(of: task)
        if let time { return try giveTime(after: keys.lowerBound - 1, until: time, shift: 0, in: connection) }
        let end = try connection.first(
            """
            SELECT key FROM parked WHERE key BETWEEN ? AND ? AND reason = 'held' ORDER BY key
            LIMIT 1 OFFSET \(Limits.promotedChunks - 1)
            """, .integer(keys.lowerBound), .integer(keys.upperBound)
        ) { $0.integer(0) }
        let (first, last) = (SQLValue.integer(keys.lowerBound), SQLValue.integer(end ?? keys.upperBound))
        // What waited long must not run for as long ahead of all others: as far apart as before, but not before the order.
        let base = try connection.first(
            "SELECT min(rank) FROM parked WHERE key BETWEEN ? AND ? AND reason = 'held'", first, last
        ) { $0.integer(0) }
        let shift = max(0, try FairTable.now(of: model, in: connection) - (base ?? 0))
        try connection.run(
            """
            INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state)
            SELECT key, model, rank + ?3, first_row, rows, bytes, 'ready' FROM parked
            WHERE key BETWEEN ?1 AND ?2 AND reason = 'held'
            """, first, last, .integer(shift))
        try connection.run("DELETE FROM parked WHERE key BETWEEN ?1 AND ?2 AND reason = 'held'", first, last)
        if let end { try giveTime(after: end, until: now, shift: shift, in: connection) }
    }

    /// Opens a task's window: its next held chunks get the time from which on they may run.
    ///
    /// - Parameter shift: what the chunks before them were shifted by.
    private static func giveTime(
        after key: Int64, until time: WallTime, shift: Int64, in connection: Connection
    ) throws {
        let place = Waking(
            last: key, task: ChunkKey(rawValue: key + 1).task, time: time, shift: shift, count: Limits.promotedChunks)
        try connection.runEach(giveTimeSQL, [place.values])
    }

    /// Where a task's window goes on.
    private struct Waking {
        /// The key of the last chunk that woke.
        var last: Int64
        let task: Int64
        let time: WallTime
        /// What the last chunk that woke was shifted by in all: those behind it keep their distance.
        var shift: Int64
        var count: Int

        var values: [SQLValue] {
            [
                .integer(last), .integer(ChunkKey.all(of: task).upperBound), .time(time), .integer(shift),
                .integer(count),
            ]
        }
    }

    private static let giveTimeSQL = """
        UPDATE parked SET until_ms = ?3, rank = rank + ?4, shift = ?4 WHERE key IN
            (SELECT key FROM parked WHERE key > ?1 AND key <= ?2 AND reason = 'held' AND until_ms IS NULL
            ORDER BY key LIMIT ?5)
        """

    /// Whether a parked chunk's time has come.
    static func isAnyDue(at time: WallTime, in connection: Connection) throws -> Bool {
        try connection.first(dueSQL, .time(time), .time(time + Limits.backoff)) { _ in true } ?? false
    }

    /// No pause is as long as the second time says: then the clock was set back, and the chunk must not wait for that.
    static let dueSQL = """
        SELECT 1 WHERE EXISTS (SELECT 1 FROM parked WHERE until_ms <= ?1)
            OR EXISTS (SELECT 1 FROM parked WHERE until_ms > ?2 AND reason = 'backoff')
        """

    /// A parked chunk whose time has come.
    private struct Due {
        let key: ChunkKey
        let model: Int64
        let rank: Int64
        /// What its rank was shifted by already.
        let shift: Int64
        let isHeld: Bool
        let time: WallTime
    }

    /// Makes parked chunks ready whose time has come, a bounded number.
    ///
    /// - Returns: the number of chunks; 0 when no time has come.
    static func promote(at time: WallTime, upTo limit: Int, in connection: Connection) throws -> Int {
        try connection.run(
            "UPDATE parked SET until_ms = ?1 WHERE until_ms > ?2 AND reason = 'backoff'", .time(time),
            .time(time + Limits.backoff))
        let due = try connection.all(
            "SELECT key, model, rank, shift, reason, until_ms FROM parked WHERE until_ms <= ? ORDER BY until_ms, key LIMIT ?",
            .time(time), .integer(limit)
        ) {
            Due(
                key: ChunkKey(rawValue: $0.integer(0)), model: $0.integer(1), rank: $0.integer(2),
                shift: $0.integer(3), isHeld: $0.text(4) == "held", time: $0.time(5))
        }
        // What waited long must not run for as long ahead of all others: a task's chunks keep their distances.
        let shifts = try Dictionary(grouping: due, by: \.key.task).mapValues { chunks in
            let base = chunks.map(\.rank).min() ?? 0
            return max(0, try FairTable.now(of: chunks[0].model, in: connection) - base)
        }
        try connection.runEach(
            """
            INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state, suspect, attempts, crashes, bad_from,
                bad_rows, poison)
            SELECT key, model, rank + ?2, first_row, rows, bytes, 'ready', suspect, attempts, crashes, bad_from, bad_rows,
                poison
            FROM parked WHERE key = ?1
            """, due.map { [.integer($0.key.rawValue), .integer(shifts[$0.key.task] ?? 0)] })
        try connection.runEach("DELETE FROM parked WHERE key = ?", due.map { [.integer($0.key.rawValue)] })
        try connection.runEach(giveTimeSQL, windows(of: due, shifts).map(\.values))
        return due.count
    }

    /// Where the windows of held tasks go on, a chunk for each that woke.
    private static func windows(of due: [Due], _ shifts: [Int64: Int64]) -> [Waking] {
        var windows: [Int64: Waking] = [:]
        for chunk in due where chunk.isHeld {
            let task = chunk.key.task
            var window = windows[task] ?? Waking(last: 0, task: task, time: chunk.time, shift: 0, count: 0)
            if chunk.key.rawValue > window.last {
                (window.last, window.shift) = (chunk.key.rawValue, chunk.shift + (shifts[task] ?? 0))
            }
            window.count += 1
            windows[task] = window
        }
        return windows.values.sorted { $0.task < $1.task }
    }
}
