package import Core
internal import Synchronization

/// Commits the writes of many callers together: many requests, one flush to disk, all answered.
///
/// When one of them fails, all are undone and run again, each in a savepoint of its own, so that it takes no other with
/// it; savepoints for every write would cost what is nearly always in vain. Two lanes alternate, so that a large upload
/// never holds up a small submission by more than one bulk transaction.
package final class GroupCommitter: Sendable {
    /// Which queue a write waits in.
    package enum Lane: Sendable {
        /// Writes of at most ``Limits/smallSubmissionBytes``.
        case small
        /// Larger writes, at most ``Limits/bulkTransactionBytes`` a transaction.
        case bulk
    }

    fileprivate struct Write: Sendable {
        let bytes: Int
        let reach: Writer.Reach
        let mayEndTask: Bool
        /// Runs inside the transaction, maybe more than once; remembers its outcome for `answer`.
        let run: @Sendable (Connection) throws -> Void
        /// Tells others of the commit, who can begin while it goes to disk; once is enough for all of a group.
        let announce: (@Sendable () -> Void)?
        /// Called once, after the commit, with the reason when there was none.
        let answer: @Sendable ((any Error)?) -> Void
    }

    fileprivate struct State {
        var small: [Write] = []
        var bulk: [Write] = []
        var isClosed = false
        var bulkIsNext = false
    }

    private let database: Database
    private let groupLimit: Int
    private let onCommit: @Sendable (Int) -> Void
    private let state = Mutex(State())
    private let wake = Signal()

    /// - Parameters:
    ///   - groupLimit: writes in one commit, at least 1; 1 switches grouping off, for measuring.
    ///   - onCommit: told the number of writes after each commit, on the committer's thread.
    package init(
        database: Database, groupLimit: Int = Limits.groupCommitSubmissions,
        onCommit: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.database = database
        self.groupLimit = groupLimit
        self.onCommit = onCommit
    }

    /// How a group is committed.
    private struct Writers {
        /// Flushes when the gate is open for others again; the commit may be seen before.
        let usual: Writer
        /// Flushes inside, so that nobody sees the commit before it is on disk.
        let ending: Writer

        init(_ database: Database) throws {
            usual = try database.makeWriter(.durableOnceFlushed)
            // A server shows no commit that is not on its disk.
            ending = database.engine == .sqlite ? try database.makeWriter(.durable) : usual
        }
    }

    /// The number of writes that wait for their commit.
    package var waitingCount: Int { state.withLock { $0.small.count + $0.bulk.count } }

    /// Writes in the next commit and returns once it is on disk.
    ///
    /// - Parameters:
    ///   - bytes: about how much is written, by which the lane is chosen.
    ///   - reach: which other transactions may run meanwhile.
    ///   - mayEndTask: whether the write may end a task. Callers who ask for the task may see its end at once, so that the
    ///     commit must be on disk before anybody can see it: a power cut must not take an end back.
    ///   - announce: tells others of the commit, before it is on disk and answered; called once for all of a group, so
    ///     that it must not matter whose it is.
    ///   - body: runs on the committer's thread inside the transaction, maybe together with others'.
    /// - Throws: what the closure throws, ``StoreError/tooManyWaiting``, ``StoreError/closed``, or what kept the
    ///   commit from the disk; then nothing of this write was kept.
    package func write<Value: Sendable>(
        bytes: Int, reaching reach: Writer.Reach = .all, mayEndTask: Bool = false,
        announce: (@Sendable () -> Void)? = nil,
        _ body: @escaping @Sendable (Connection) throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let outcome = Mutex<Value?>(nil)
            enqueue(
                Write(
                    bytes: bytes, reach: reach, mayEndTask: mayEndTask,
                    run: { connection in
                        let value = try body(connection)
                        outcome.withLock { $0 = value }
                    },
                    announce: announce,
                    answer: { error in
                        if let error { return continuation.resume(throwing: error) }
                        continuation.resume(returning: outcome.withLock { $0! })
                    }))
        }
    }

    /// Commits until told to stop, then answers what still waits.
    ///
    /// Blocks its thread.
    package func run(until stop: StopSignal) throws {
        let writers = try Writers(database)
        stop.whenRaised { [wake] in wake.raise() }
        var hasRested = false
        while !stop.isRaised {
            if commitNext(writers) {
                hasRested = false
            } else if !wake.wait(for: hasRested ? Limits.restPoll : Limits.safetyPoll), !hasRested {
                // Nothing came for a while: what the requests needed goes back.
                FreeMemory.giveBack()
                hasRested = true
            }
        }
        state.withLock { $0.isClosed = true }
        while commitNext(writers) {}
    }

    private func enqueue(_ write: Write) {
        let refusal: StoreError? = state.withLock { state in
            if state.isClosed { return .closed }
            if state.small.count + state.bulk.count >= Limits.waitingSubmissions { return .tooManyWaiting }
            if write.bytes <= Limits.smallSubmissionBytes {
                state.small.append(write)
            } else {
                state.bulk.append(write)
            }
            return nil
        }
        if let refusal { write.answer(refusal) } else { wake.raise() }
    }

    /// Commits one group; false when nothing waited.
    private func commitNext(_ writers: Writers) -> Bool {
        let group = state.withLock { $0.takeGroup(limit: groupLimit) }
        if group.isEmpty { return false }
        let writer = group.contains(where: \.mayEndTask) ? writers.ending : writers.usual
        let failures = commitTogether(group, writer) ?? commitApart(group, writer)
        var trouble: (any Error)?
        // Also for those that failed: the reason may be what another has written in this moment, such as the same submission.
        if writer === writers.usual || failures.contains(where: { $0 != nil }) {
            do { try writers.usual.flush() } catch { trouble = error }
        }
        for (write, failure) in zip(group, failures) { write.answer(failure ?? trouble) }
        return true
    }

    /// Commits writes as one, as nearly always works.
    ///
    /// - Returns: why each was not kept; nil when one of them failed and nothing was committed.
    private func commitTogether(_ group: [Write], _ writer: Writer) -> [(any Error)?]? {
        var isRunning = false
        do {
            try transaction(group, writer) { connection in
                isRunning = true
                for write in group { try write.run(connection) }
                try connection.finish()
                isRunning = false
            }
            return group.map { _ in nil }
        } catch {
            return isRunning && group.count > 1 ? nil : group.map { _ in error }
        }
    }

    /// Commits writes each in a savepoint of its own, so that one that fails takes no other with it.
    ///
    /// - Returns: why each was not kept.
    private func commitApart(_ group: [Write], _ writer: Writer) -> [(any Error)?] {
        var failures = [(any Error)?](repeating: nil, count: group.count)
        do {
            try transaction(group, writer) { connection in
                for (index, write) in group.enumerated() {
                    failures[index] = try connection.savepoint { try write.run(connection) }
                }
            }
            return failures
        } catch {
            return failures.map { $0 ?? error }
        }
    }

    private func transaction(_ group: [Write], _ writer: Writer, _ body: (Connection) throws -> Void) throws {
        try writer.transaction(reaching: group.contains { $0.reach == .all } ? .all : .rows, body)
        onCommit(group.count)
        group.lazy.compactMap(\.announce).first?()
    }
}

extension GroupCommitter.State {
    /// Takes the writes of the next transaction from the lane whose turn it is.
    fileprivate mutating func takeGroup(limit: Int) -> [GroupCommitter.Write] {
        defer { bulkIsNext.toggle() }
        if (bulkIsNext && !bulk.isEmpty) || small.isEmpty {
            return Self.take(from: &bulk, limit: limit, bytes: Limits.bulkTransactionBytes)
        }
        return Self.take(from: &small, limit: limit, bytes: .max)
    }

    private static func take(from lane: inout [GroupCommitter.Write], limit: Int, bytes: Int) -> [GroupCommitter.Write]
    {
        var taken = 0
        var sum = 0
        while taken < min(limit, lane.count), taken == 0 || sum + lane[taken].bytes <= bytes {
            sum += lane[taken].bytes
            taken += 1
        }
        defer { lane.removeFirst(taken) }
        return Array(lane.prefix(taken))
    }
}
