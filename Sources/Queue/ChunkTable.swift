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

    /// Where a model goes on whose rows wait, and what may keep it from running.
    static let placeSQL = """
        SELECT rank, key, rows, (SELECT open_until_ms FROM breaker WHERE model = ?1),
            EXISTS (SELECT 1 FROM pause WHERE model IN ('', (SELECT name FROM model WHERE key = ?1))),
            coalesce((SELECT now FROM model_order WHERE model = ?1), 0),
            coalesce((SELECT shift FROM model_order WHERE model = ?1), 0)
        FROM chunk WHERE state = 'ready' AND model = ?1 ORDER BY rank LIMIT 1
        """

    /// The first of what waits for a model.
    struct First {
        let key: ChunkKey
        let rows: Int
        let place: FairQueue.ModelPlace
        let state: BreakerTable.State
    }

    /// Where a model goes on whose rows wait.
    ///
    /// - Returns: nil when nothing waits, or may not run.
    static func first(of model: Int64, at time: WallTime, in connection: Connection) throws -> First? {
        let first = try connection.first(placeSQL, .integer(model)) { row in
            let isPaused = row.int(4) != 0
            let state = BreakerTable.State(openUntil: row.isNull(3) ? nil : row.time(3), at: time)
            // What was given back ranks before what has run meanwhile, which says nothing of the model.
            let place = FairQueue.ModelPlace(rank: max(row.integer(0), row.integer(5)), shift: row.integer(6))
            return First(
                key: ChunkKey(rawValue: row.integer(1)), rows: row.int(2), place: place, state: isPaused ? .open : state
            )
        }
        return first.flatMap { $0.state == .open ? nil : $0 }
    }

    /// Whether a worker runs small chunks of a model: it takes along what waits when it is done, in the same transaction.
    static func isSmallRunning(of model: Int64, in connection: Connection) throws -> Bool {
        try connection.first(smallRunningSQL, .integer(model)) { _ in true } ?? false
    }

    static let smallRunningSQL = """
        SELECT 1 FROM chunk WHERE state = 'leased' AND model = ? AND rows <= \(Limits.smallChunkRows)
        ORDER BY key DESC LIMIT 1
        """

    /// What waits for a model, in the order in which it should run.
    static let readySQL = """
        SELECT key, first_row, rows, bytes, suspect, attempts, crashes, bad_from, bad_rows, poison, rank FROM chunk
        WHERE state = 'ready' AND model = ? ORDER BY rank, key LIMIT ?
        """

    /// The same on a server, locked: others who claim in this moment pass over it.
    private static let lockedSQL = readySQL + " FOR UPDATE SKIP LOCKED"

    /// Sizes of what waits, as far as they decide how much one claim takes.
    private static let sizesSQL = """
        SELECT rows, bytes, suspect FROM chunk WHERE state = 'ready' AND model = ? ORDER BY rank, key
        LIMIT \(Limits.claimedChunks)
        """

    /// Chooses the chunks of one claim: as many as fit, or a single one that is under suspicion.
    ///
    /// A server is asked for the sizes first, and then for so many chunks as the claim takes: whatever it reads is locked
    /// until the claim is committed, and another worker would find nothing.
    static func ready(
        for model: Int64, rows: Int, bytes: Int, in connection: Connection
    ) throws -> [ClaimedChunk] {
        let room = ClaimRoom(rows: rows, bytes: bytes)
        if connection.engine == .sqlite {
            return try chosen(readySQL, model, Limits.claimedChunks, room, in: connection)
        }
        var (sizes, count) = (room, 0)
        try connection.forEachRow(sizesSQL, .integer(model)) { row in
            guard sizes.takes(rows: row.int(0), bytes: row.int(1), isSuspect: row.int(2) != 0) else { return false }
            count += 1
            return !sizes.isClosed
        }
        return try chosen(lockedSQL, model, count, room, in: connection)
    }

    private static func chosen(
        _ sql: String, _ model: Int64, _ limit: Int, _ room: ClaimRoom, in connection: Connection
    ) throws -> [ClaimedChunk] {
        var chosen: [ClaimedChunk] = []
        var room = room
        try connection.forEachRow(sql, .integer(model), .integer(limit)) { row in
            let chunk = ClaimedChunk(row)
            guard room.takes(rows: chunk.rows, bytes: row.int(3), isSuspect: chunk.isSuspect) else { return false }
            chosen.append(chunk)
            return !room.isClosed
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
}
