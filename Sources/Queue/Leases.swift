package import Core
internal import Glibc
package import Store

/// What a worker does with the queue: claim chunks, complete them, give them back.
///
/// One thread uses it. Claims are relaxed commits, since losing one is harmless; completions are durable.
///
/// Comes from: ``Submissions``. Goes to: the results.
package final class Leases {
    private let claims: Writer
    private let completions: Writer
    private let owner: Owner
    private let clock: WallClock
    private let retention: Duration
    private let doorbell: Doorbell
    private let onEvent: @Sendable (StoreEvent) -> Void
    private var tokens: FencingTokens
    /// Whether the last claim failed at a point where it may hold chunks that nobody knows of.
    private var isClaimInDoubt = false
    /// Whether the transaction that runs must give back what an earlier one may have leased.
    private var mustRelease = false

    package init(
        database: Database, owner: Owner, doorbell: Doorbell, clock: WallClock, retention: Duration
    ) throws {
        claims = try database.makeWriter(.relaxed)
        completions = try database.makeWriter(.durable)
        onEvent = database.onEvent
        self.owner = owner
        tokens = FencingTokens(owner: owner.key)
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
    }

    /// Leases what waits, lowest rank first, all of one model.
    ///
    /// - Parameters:
    ///   - models: the keys of the models that this worker serves.
    ///   - rows: rows at most of a model, unless its first chunk alone has more.
    ///   - mayLeave: whether a small chunk may be left to a worker that will take it along at the end of its run.
    /// - Returns: nil when nothing waits, or what waits is left.
    /// - Throws: ``QueueError/ownershipLost`` when this worker was declared dead.
    package func claim(
        of models: [Int64], upToRows rows: (_ model: Int64) -> Int,
        leaving mayLeave: (ChunkKey) -> Bool = { _ in false }
    ) throws -> Claim? {
        // Most looks find nothing; they need no turn at the gate.
        let now = clock.now
        let isWorth =
            try isClaimInDoubt
            || claims.read { connection in
                guard let next = try Self.nextModel(of: models, at: now, in: connection) else { return false }
                return try
                    !(next.isSmall && ChunkTable.isSmallRunning(of: next.model, in: connection)
                    && mayLeave(next.first.key))
            }
        guard isWorth else { return nil }
        let leased = try whileInDoubt {
            try retryingWhileContended {
                try claims.transaction(reaching: .rows) { try lease(of: models, upToRows: rows, at: now, in: $0) }
            }
        }
        return try leased.flatMap { try reading($0, at: now) }
    }

    /// A claim that failed is tried again under its own token, which nobody else has seen.
    private var token: Int64 { tokens.current }

    /// Runs a transaction that may lease something, and remembers when nobody knows whether it did.
    private func whileInDoubt<Value>(_ transaction: () throws -> Value) throws -> Value {
        let wasInDoubt = isClaimInDoubt
        isClaimInDoubt = true
        mustRelease = wasInDoubt
        let value = try transaction()
        isClaimInDoubt = false
        return value
    }

    /// Leases the chunks of the next claim.
    ///
    /// - Returns: nil when nothing waits.
    private func lease(
        of models: [Int64], upToRows rows: (_ model: Int64) -> Int, at now: WallTime, in connection: Connection
    ) throws -> Claim? {
        guard try OwnerTable.exists(owner.key, in: connection) else { throw QueueError.ownershipLost }
        if mustRelease { try ChunkTable.releaseAll(of: owner.key, token: token, in: connection) }
        guard let next = try Self.nextModel(of: models, at: now, in: connection) else { return nil }
        let model = next.model
        var chunks = try ChunkTable.ready(for: model, rows: rows(model), bytes: Limits.claimedBytes, in: connection)
        if next.first.state == .halfOpen {
            chunks = Array(chunks.prefix(1))
            try BreakerTable.probe(model, until: now + Limits.breakerPause, in: connection)
        }
        guard let first = chunks.first else { throw Contended() }
        try ChunkTable.lease(chunks.map(\.key), owner: owner.key, token: token, in: connection)
        try next.keepShift(in: connection)
        try FairTable.advance(model, to: first.rank, in: connection)
        return Claim(model: model, token: token, chunks: chunks)
    }

    /// Reads the rows of a claim; they cannot change while they are leased, so others may write again meanwhile.
    private func reading(_ leased: Claim, at now: WallTime) throws -> Claim {
        var claim = leased
        // Until the rows are here, a failure leaves chunks leased that nobody runs.
        isClaimInDoubt = true
        let waited = try claims.read { connection in
            let payloads = try PayloadTable.find(claim.chunks.map(\.key), in: connection)
            for (index, payload) in payloads.enumerated() { claim.chunks[index].payload = payload }
            return try claim.chunks.first.flatMap { try TaskTable.acceptance(of: $0.key.task, in: connection) }
                .map { now - $0 }
        }
        isClaimInDoubt = false
        tokens.advance()
        if let waited { onEvent(.claimed(waited: waited)) }
        return claim
    }

    /// All that waits is being claimed by others in this moment, where several write at a time.
    private struct Contended: Error {}

    /// Looks again after a moment when others were faster: what they leave is for us.
    private func retryingWhileContended(_ claim: () throws -> Claim?) throws -> Claim? {
        for _ in 0..<Limits.claimTries {
            do { return try claim() } catch is Contended { usleep(1_000) }
        }
        return nil
    }

    /// Stores the results of chunks, counts their rows and ends their leases, in one transaction.
    ///
    /// - Parameter rowCost: what a row of the run cost, in microseconds; nil when nothing ran.
    /// - Returns: the number of chunks whose lease was lost: their results were dropped, since others have the chunks.
    package func complete(
        _ finished: [FinishedChunk], of claim: Claim, rowCost: Double? = nil
    ) throws -> Int {
        let now = clock.now
        let stored = try completions.transaction(reaching: .rows) { connection in
            try Completion(claim: claim, rowCost: rowCost, at: now, retention: retention)
                .store(finished, in: connection)
        }
        tell(stored, of: claim)
        return stored.lost
    }

    /// What came of a completion that claims what waits next.
    package struct Completed {
        /// Chunks whose lease was lost: their results were dropped, since others have them.
        package var lost: Int
        /// The next claim; nil when nothing waits, or nobody knows.
        package var next: Claim?
        /// Why the rows of the next claim could not be read, though what was finished is stored; another claim finds out.
        package var trouble: (any Error)?
    }

    /// The same, and leases what waits next in the same transaction: one turn at the gate for both.
    package func complete(
        _ finished: [FinishedChunk], of claim: Claim, rowCost: Double?, thenClaimOf models: [Int64],
        upToRows rows: (_ model: Int64) -> Int
    ) throws -> Completed {
        let now = clock.now
        let (stored, leased) = try whileInDoubt {
            try completions.transaction(reaching: .rows) { connection in
                let stored = try Completion(claim: claim, rowCost: rowCost, at: now, retention: retention)
                    .store(finished, in: connection)
                do {
                    return (stored, try lease(of: models, upToRows: rows, at: now, in: connection))
                } catch  where error is Contended || error as? QueueError == .ownershipLost {
                    // Who was declared dead has lost its leases too, is told so, and finds out at its next claim.
                    return (stored, nil)
                }
            }
        }
        tell(stored, of: claim)
        var completed = Completed(lost: stored.lost)
        do { completed.next = try leased.flatMap { try reading($0, at: now) } } catch { completed.trouble = error }
        return completed
    }

    private func tell(_ stored: Completion.Stored, of claim: Claim) {
        onEvent(.rowsScored(model: claim.model, succeeded: stored.succeeded, failed: stored.failed))
        if !stored.ended.isEmpty { doorbell.announce(stored.ended) }
    }

    /// Gives chunks back unharmed: they may run again at once.
    ///
    /// - Parameter suspects: whether each must run alone from now on.
    package func release(_ chunks: [ClaimedChunk], of claim: Claim, asSuspects suspects: Bool) throws {
        try claims.transaction(reaching: .rows) { connection in
            for chunk in chunks {
                _ = try ChunkTable.release(
                    chunk.key, token: claim.token, isSuspect: suspects || chunk.isSuspect, in: connection)
            }
        }
        if suspects { onEvent(.chunksRetried(chunks.count)) }
        doorbell.ringWorkers()
    }

    /// Puts a chunk aside after an error, to be tried again later.
    ///
    /// - Parameter blamesModel: whether the run failed as a whole, so that it counts against the model version.
    package func retry(
        _ chunk: ClaimedChunk, of claim: Claim, after pause: Duration, blamesModel: Bool = true
    ) throws {
        let now = clock.now
        let until = now + pause
        let hasOpened = try claims.transaction(reaching: .rows) { connection in
            let hasOpened = try blamesModel && BreakerTable.fail(claim.model, at: now, in: connection)
            _ = try ChunkTable.park(chunk.key, token: claim.token, until: until, in: connection)
            return hasOpened
        }
        // Closing needs no ring: whoever would refuse a caller looks again first.
        if hasOpened { doorbell.ringAPIs() }
        onEvent(.chunksRetried(1))
    }

    /// Notes which rows of a chunk run now, so that a death tells on them.
    ///
    /// - Throws: ``QueueError/ownershipLost`` when the chunk was given to another: then it must not run here.
    package func test(_ rows: Range<Int>, of chunk: ClaimedChunk, in claim: Claim) throws {
        let isHeld = try claims.transaction(reaching: .rows) { connection in
            try ChunkTable.test(rows, of: chunk.key, token: claim.token, in: connection)
        }
        if !isHeld { throw QueueError.ownershipLost }
    }

    /// The model whose turn it is.
    private struct Turn {
        let model: Int64
        /// What it goes on with.
        let first: ChunkTable.First
        /// Its place, which is later than that of its first chunk when it stood still.
        let place: FairQueue.ModelPlace

        var isSmall: Bool { first.rows <= Limits.smallChunkRows && first.state == .closed }

        /// Stores the shift of a model that stood still.
        func keepShift(in connection: Connection) throws {
            let stored = first.place.shift
            if place.shift != stored { try FairTable.shift(model, from: stored, to: place.shift, in: connection) }
        }
    }

    /// The model that comes first in the order of all, of those that may run.
    private static func nextModel(
        of models: [Int64], at time: WallTime, in connection: Connection
    ) throws -> Turn? {
        let now = try FairTable.now(in: connection)
        var best: Turn?
        for model in models {
            guard let first = try ChunkTable.first(of: model, at: time, in: connection) else { continue }
            let place = first.place.caughtUp(with: now)
            if let best, best.place.place <= place.place { continue }
            best = Turn(model: model, first: first, place: place)
        }
        return best
    }
}
