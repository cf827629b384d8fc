internal import Core
internal import Store

/// A chunk on its way into the queue.
struct NewChunk: Sendable {
    let key: ChunkKey
    let model: Int64
    let rank: Int64
    let firstRow: Int
    let rows: Int
    let bytes: Int
}

/// The statements on chunks that may run now, or run.
///
/// Each is one function; the transaction is the caller's.
enum ChunkTable {
    /// Adds a chunk that may run at once, and counts its rows into the backlog.
    static func insert(_ chunk: NewChunk, in connection: Connection) throws {
        try connection.enqueue(
            """
            INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state) VALUES (?, ?, ?, ?, ?, ?, 'ready')
            """,
            .integer(chunk.key.rawValue), .integer(chunk.model), .integer(chunk.rank), .integer(chunk.firstRow),
            .integer(chunk.rows), .integer(chunk.bytes))
        BacklogTable.add(chunk.rows, model: chunk.model, in: connection)
    }

    /// Sets a new chunk aside, and counts its rows into the backlog.
    ///
    /// - Parameter time: when it may run; nil for when it is released.
    static func hold(_ chunk: NewChunk, until time: WallTime?, in connection: Connection) throws {
        try connection.enqueue(
            """
            INSERT INTO parked (key, model, rank, first_row, rows, bytes, suspect, attempts, crashes, reason, until_ms)
            VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, 'held', ?)
            """,
            .integer(chunk.key.rawValue), .integer(chunk.model), .integer(chunk.rank), .integer(chunk.firstRow),
            .integer(chunk.rows), .integer(chunk.bytes), .optional(time))
        BacklogTable.add(chunk.rows, model: chunk.model, in: connection)
    }

    /// Lets the held chunks of a task run, at once or at a time.
    ///
    /// - Parameter model: the key of the task's model.
    static func release(heldOf task: Int64, model: Int64, notBefore time: WallTime?, in connection: Connection) throws {
        let keys = ChunkKey.all(of: task)
        let (first, last) = (SQLValue.integer(keys.lowerBound), SQLValue.integer(keys.upperBound))
        if let time {
            try connection.run(
                "UPDATE parked SET until_ms = ?3 WHERE key BETWEEN ?1 AND ?2 AND reason = 'held'", first, last,
                .time(time))
            return
        }
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
    }

    /// Where a model goes on whose rows wait, and what may keep it from running.
    static let placeSQL = """
        SELECT rank, (SELECT open_until_ms FROM breaker WHERE model = ?1),
            EXISTS (SELECT 1 FROM pause WHERE model IN ('', (SELECT name FROM model WHERE key = ?1))),
            coalesce((SELECT now FROM model_order WHERE model = ?1), 0),
            coalesce((SELECT shift FROM model_order WHERE model = ?1), 0)
        FROM chunk WHERE state = 'ready' AND model = ?1 ORDER BY rank LIMIT 1
        """

    /// Where a model goes on whose rows wait.
    ///
    /// - Returns: nil when nothing waits, or may not run.
    static func place(
        of model: Int64, at time: WallTime, in connection: Connection
    ) throws -> (place: FairQueue.ModelPlace, state: BreakerTable.State)? {
        let first = try connection.first(placeSQL, .integer(model)) { row in
            let isPaused = row.int(2) != 0
            let state = BreakerTable.State(openUntil: row.isNull(1) ? nil : row.time(1), at: time)
            // What was given back ranks before what has run meanwhile, which says nothing of the model.
            let place = FairQueue.ModelPlace(rank: max(row.integer(0), row.integer(3)), shift: row.integer(4))
            return (place: place, state: isPaused ? .open : state)
        }
        return first.flatMap { $0.state == .open ? nil : $0 }
    }

    /// What waits for a model, in the order in which it should run.
    static let readySQL = """
        SELECT key, first_row, rows, bytes, suspect, attempts, crashes, bad_from, bad_rows, poison, rank FROM chunk
        WHERE state = 'ready' AND model = ? ORDER BY rank, key LIMIT ?
        """

    /// Chooses the chunks of one claim: as many as fit, or a single one that is under suspicion.
    ///
    /// Small chunks that come first run without large ones: somebody waits for them, and a run that is filled up takes its
    /// whole time.
    static func ready(
        for model: Int64, rows: Int, bytes: Int, in connection: Connection
    ) throws -> [ClaimedChunk] {
        var chosen: [ClaimedChunk] = []
        var room = (rows: rows, bytes: bytes)
        // Others who claim in this moment pass over what is locked here.
        let sql = connection.engine == .sqlite ? readySQL : readySQL + " FOR UPDATE SKIP LOCKED"
        try connection.forEachRow(sql, .integer(model), .integer(Limits.claimedChunks)) { row in
            let chunk = ClaimedChunk(row)
            room.rows -= chunk.rows
            room.bytes -= row.int(3)
            let isSmall = chunk.rows <= Limits.smallChunkRows
            if let first = chosen.first {
                let startsSmall = first.rows <= Limits.smallChunkRows
                if chunk.isSuspect || room.rows < 0 || room.bytes < 0 || startsSmall && !isSmall { return false }
            }
            chosen.append(chunk)
            return !chunk.isSuspect
        }
        return chosen
    }

    /// Leases ready chunks to an owner under a token.
    static func lease(
        _ keys: some Sequence<ChunkKey>, owner: Int64, token: Int64, in connection: Connection
    ) throws {
        if connection.engine == .postgres {
            // One statement, because each is a way to the server and back.
            try connection.enqueue(
                "UPDATE chunk SET state = 'leased', owner = ?, token = ? WHERE key = ANY (?::bigint[]) AND state = 'ready'",
                .integer(owner), .integer(token), .list(keys.map(\.rawValue)))
            return
        }
        for key in keys {
            try connection.run(
                "UPDATE chunk SET state = 'leased', owner = ?, token = ? WHERE key = ? AND state = 'ready'",
                .integer(owner), .integer(token), .integer(key.rawValue))
        }
    }

    /// Takes a chunk out of the queue if its lease still holds.
    ///
    /// - Returns: false when the chunk was given to another: then its result must be dropped.
    static func delete(_ key: ChunkKey, token: Int64, in connection: Connection) throws -> Bool {
        try connection.run(
            "DELETE FROM chunk WHERE key = ? AND state = 'leased' AND token = ?",
            .integer(key.rawValue), .integer(token)) == 1
    }

    /// Takes chunks out of the queue, each if its lease still holds.
    ///
    /// - Returns: for each whether it was; else its result must be dropped.
    static func delete(_ keys: [ChunkKey], token: Int64, in connection: Connection) throws -> [Bool] {
        try connection.runEach(
            "DELETE FROM chunk WHERE key = ? AND state = 'leased' AND token = ?",
            keys.map { [.integer($0.rawValue), .integer(token)] }
        ).map { $0 == 1 }
    }

    /// Notes which rows of a leased chunk run now, so that a death tells on them.
    ///
    /// - Returns: false when the chunk was given to another.
    static func test(_ rows: Range<Int>, of key: ChunkKey, token: Int64, in connection: Connection) throws -> Bool {
        try connection.run(
            "UPDATE chunk SET test_from = ?3, test_rows = ?4 WHERE key = ?1 AND state = 'leased' AND token = ?2",
            .integer(key.rawValue), .integer(token), .integer(rows.lowerBound), .integer(rows.count)) == 1
    }

    /// Makes a leased chunk ready again, with its attempt refunded.
    static func release(_ key: ChunkKey, token: Int64, isSuspect: Bool, in connection: Connection) throws -> Bool {
        try connection.run(
            """
            UPDATE chunk SET state = 'ready', owner = NULL, token = NULL, suspect = ?3, test_from = NULL, test_rows = NULL
            WHERE key = ?1 AND state = 'leased' AND token = ?2
            """, .integer(key.rawValue), .integer(token), .integer(isSuspect ? 1 : 0)) == 1
    }

    /// Makes all chunks of an owner ready, unharmed, that leaves in order or whose claim failed.
    ///
    /// - Parameter token: of the claim; nil for all of them.
    static func releaseAll(of owner: Int64, token: Int64? = nil, in connection: Connection) throws {
        try connection.run(
            """
            UPDATE chunk SET state = 'ready', owner = NULL, token = NULL, test_from = NULL, test_rows = NULL
            WHERE key IN (SELECT key FROM chunk INDEXED BY chunk_leased WHERE state = 'leased' AND owner = ?1)
                AND (?2 IS NULL OR token = ?2)
            """, .integer(owner), .optional(token))
    }

    /// Makes the chunks of a dead owner ready again, as suspects: one of them may have killed it.
    ///
    /// A chunk that was a suspect already ran alone, so that the crash counts against it, and against those of its rows
    /// that were noted to run.
    ///
    /// - Returns: the number of chunks.
    static func rescue(from owner: Int64, in connection: Connection) throws -> Int {
        try connection.run(
            """
            UPDATE chunk SET state = 'ready', owner = NULL, token = NULL, crashes = crashes + suspect, suspect = 1,
                poison = CASE WHEN test_rows = 1 THEN coalesce(poison || ',', '') || test_from ELSE poison END,
                bad_from = CASE WHEN test_rows > 1 THEN test_from WHEN test_rows = 1 THEN NULL ELSE bad_from END,
                bad_rows = CASE WHEN test_rows > 1 THEN test_rows WHEN test_rows = 1 THEN NULL ELSE bad_rows END,
                test_from = NULL, test_rows = NULL
            WHERE key IN (SELECT key FROM chunk INDEXED BY chunk_leased WHERE state = 'leased' AND owner = ?)
            """, .integer(owner))
    }

    /// Removes chunks of a task that do not run, a bounded number.
    static func removeWaiting(
        of task: Int64, upTo limit: Int, in connection: Connection
    ) throws -> [(key: ChunkKey, rows: Int)] {
        let keys = ChunkKey.all(of: task)
        let (first, last) = (SQLValue.integer(keys.lowerBound), SQLValue.integer(keys.upperBound))
        let ready = try connection.all(
            """
            DELETE FROM chunk WHERE key IN
                (SELECT key FROM chunk WHERE key BETWEEN ? AND ? AND state = 'ready' LIMIT ?)
            RETURNING key, rows
            """, first, last, .integer(limit)
        ) { (key: ChunkKey(rawValue: $0.integer(0)), rows: $0.int(1)) }
        let parked = try connection.all(
            """
            DELETE FROM parked WHERE key IN (SELECT key FROM parked WHERE key BETWEEN ? AND ? LIMIT ?)
            RETURNING key, rows
            """, first, last, .integer(limit - ready.count)
        ) { (key: ChunkKey(rawValue: $0.integer(0)), rows: $0.int(1)) }
        return ready + parked
    }

    /// Whether anything of a task waits or runs.
    static func hasAny(of task: Int64, in connection: Connection) throws -> Bool {
        let keys = ChunkKey.all(of: task)
        return try connection.first(
            """
            SELECT EXISTS (SELECT 1 FROM chunk WHERE key BETWEEN ?1 AND ?2)
                OR EXISTS (SELECT 1 FROM parked WHERE key BETWEEN ?1 AND ?2)
            """, .integer(keys.lowerBound), .integer(keys.upperBound)
        ) { $0.int(0) != 0 } ?? false
    }

    /// Moves a leased chunk aside until a moment, counting an attempt that ended in an error.
    static func park(
        _ key: ChunkKey, token: Int64, until time: WallTime, in connection: Connection
    ) throws -> Bool {
        let moved = try connection.run(
            """
            INSERT INTO parked (key, model, rank, first_row, rows, bytes, suspect, attempts, crashes, bad_from, bad_rows,
                poison, reason, until_ms)
            SELECT key, model, rank, first_row, rows, bytes, suspect, attempts + 1, crashes, bad_from, bad_rows, poison,
                'backoff', ?3
            FROM chunk WHERE key = ?1 AND state = 'leased' AND token = ?2
            """, .integer(key.rawValue), .integer(token), .time(time))
        return try moved == 1 && delete(key, token: token, in: connection)
    }

    /// Whether a parked chunk's time has come.
    static func isAnyDue(at time: WallTime, in connection: Connection) throws -> Bool {
        try connection.first(dueSQL, .time(time), .time(time + Limits.backoff)) { _ in true } ?? false
    }

    /// No pause is as long as the second time says: then the clock was set back, and the chunk must not wait for that.
    static let dueSQL = """
        SELECT 1 WHERE EXISTS (SELECT 1 FROM parked WHERE until_ms <= ?1)
            OR EXISTS (SELECT 1 FROM parked WHERE until_ms > ?2 AND reason = 'backoff')
        """

    /// Makes parked chunks ready whose time has come, a bounded number.
    ///
    /// - Returns: the number of chunks; 0 when no time has come.
    static func promote(at time: WallTime, upTo limit: Int, in connection: Connection) throws -> Int {
        try connection.run(
            "UPDATE parked SET until_ms = ?1 WHERE until_ms > ?2 AND reason = 'backoff'", .time(time),
            .time(time + Limits.backoff))
        let due = try connection.all(
            "SELECT key, model, rank FROM parked WHERE until_ms <= ? ORDER BY until_ms, key LIMIT ?", .time(time),
            .integer(limit)
        ) { (key: ChunkKey(rawValue: $0.integer(0)), model: $0.integer(1), rank: $0.integer(2)) }
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
        return due.count
    }
}
