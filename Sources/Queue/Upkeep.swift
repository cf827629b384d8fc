package import Core
package import Store

/// What the keeper does with the queue: give the work of the dead to the living, wake what was parked, sweep.
///
/// Each verb is one bounded step, and says whether more is left for it now. Each transaction looks first whether the term
/// still holds. One thread of the elected process uses it.
package final class Upkeep {
    /// How long what is kept.
    package struct Policy: Sendable {
        /// How long a process's beat may stand still.
        package var lease: Duration
        /// Results, from the end of their task, where the caller asked for nothing else.
        package var retention: Duration
        /// Records of tasks whose rows are gone, from the end of the task.
        package var records: Duration

        package init(lease: Duration, retention: Duration, records: Duration = Limits.records) {
            self.lease = lease
            self.retention = retention
            self.records = records
        }
    }

    private let database: Database
    private let writer: Writer
    /// Writes the ends of tasks, which callers may see at once.
    private let endings: Writer
    private let logKeeper: any LogKeeping
    private let clock: WallClock
    private let policy: Policy
    private let doorbell: Doorbell
    private let term: KeeperTerm
    private var beats: BeatWatch
    /// What retention goes by.
    private var house: HouseClock
    /// The last task that was looked at of those that are being stopped; 0 to begin anew.
    private var lastStopped: Int64 = 0

    /// - Parameters:
    ///   - won: the term under which this process keeps house.
    ///   - steady: measures beats here, so that no other machine's clock matters.
    package init(
        database: Database, doorbell: Doorbell, clock: WallClock, steady: SteadyClock, won: KeeperElection.Won,
        policy: Policy
    ) throws {
        self.database = database
        self.doorbell = doorbell
        self.clock = clock
        self.policy = policy
        term = won.term
        beats = won.beats
        house = HouseClock(from: won.time, wall: clock, steady: steady)
        writer = try database.makeWriter(.relaxed)
        endings = try database.makeWriter(.durable)
        logKeeper = try database.makeLogKeeper()
    }

    /// Writes, as long as this process is the keeper.
    ///
    /// - Throws: ``QueueError/termLost``; then nothing was written.
    private func write<Value>(_ writer: Writer, _ body: (Connection) throws -> Value) throws -> Value {
        try writer.transaction { connection in
            try term.check(in: connection)
            return try body(connection)
        }
    }

    /// Says that the keeper lives.
    ///
    /// - Throws: ``QueueError/termLost``.
    package func beat() throws {
        let time = house.now()
        try writer.transaction { try KeeperTable.beat(term, at: time, in: $0) }
    }

    /// Looks whether the wall clock was set.
    ///
    /// - Returns: by how much, later or, below zero, earlier; nil when it went on as it should.
    package func watchClock() -> Duration? { house.look() }

    // MARK: The dead

    /// What became of a dead owner's work.
    package struct Rescue: Sendable, Equatable {
        package let owner: Int64
        /// Chunks that wait again.
        package let chunks: Int
        /// Tasks whose upload ended with the process.
        package let brokenUploads: Int
    }

    /// Finds owners that died or hang, and gives their chunks back to the queue.
    ///
    /// - Returns: one for each owner that was declared dead.
    package func rescue() throws -> [Rescue] {
        let owners = try writer.read { try OwnerTable.all(in: $0) }
        let hanging = beats.standing(owners.map { ($0.key, $0.beat) })
        return try owners.compactMap { owner in
            let isDead = try database.isGone(owner.boot)
            return isDead || hanging.contains(owner.key) ? try declareDead(owner) : nil
        }
    }

    private func declareDead(_ owner: OwnerTable.Seen) throws -> Rescue? {
        let rescue: Rescue? = try write(writer) { connection in
            guard try OwnerTable.delete(owner, in: connection) else { return nil }
            return Rescue(
                owner: owner.key, chunks: try ChunkTable.rescue(from: owner.key, in: connection),
                brokenUploads: try Stopping.breakUploads(
                    of: owner.key, resumableUntil: clock.now + Limits.uploadIdle, in: connection))
        }
        if let rescue { database.onEvent(.leasesExpired(chunks: rescue.chunks)) }
        beats.forget(owner.key)
        database.forget(owner.boot)
        doorbell.ringWorkers()
        return rescue
    }

    // MARK: Ends

    /// Marks tasks whose deadline has passed, and uploads that nobody went on with, to be stopped.
    ///
    /// - Returns: whether more may be left.
    @discardableResult
    package func expire() throws -> Bool {
        let (now, idleSince) = (clock.now, house.now())
        let find = { try TaskTable.overdue(at: now, idleAt: idleSince, in: $0) }
        guard try !writer.read(find).isEmpty else { return false }
        // Looked up again inside: meanwhile somebody may have gone on with an upload.
        return try write(writer) { connection in
            let overdue = try find(connection)
            for (task, stop) in overdue { try Stopping.begin(task, as: stop, in: connection) }
            return overdue.count >= Limits.sweptTasks
        }
    }

    /// Removes some of what waits of tasks that are being stopped, and ends those of which nothing is left.
    ///
    /// Chunks that run are left to their workers, whose results still count.
    ///
    /// - Returns: whether more is left to remove now.
    @discardableResult
    package func stop() throws -> Bool {
        let tasks = try writer.read { try TaskTable.stopping(after: lastStopped, in: $0) }
        guard let last = tasks.last else {
            defer { lastStopped = 0 }
            return lastStopped != 0
        }
        let emptied = try empty(tasks)
        if !emptied.over.isEmpty { try end(emptied.over) }
        // Tasks that wait for a running chunk must not stand before the others for ever.
        let isMoreLeft = emptied.last != last.task || tasks.count == Limits.sweptTasks
        lastStopped = isMoreLeft ? emptied.last : 0
        return isMoreLeft
    }

    /// - Returns: the tasks of which nothing is left, and the last one that was looked at to its end.
    private func empty(_ tasks: [(task: Int64, model: Int64)]) throws -> (over: [Int64], last: Int64) {
        try write(writer) { connection in
            var (over, last, room) = ([Int64](), lastStopped, Limits.sweptChunks)
            for (task, model) in tasks {
                room -= try Stopping.empty(task, model: model, upTo: room, in: connection)
                if room == 0 { break }
                if try !ChunkTable.hasAny(of: task, in: connection) { over.append(task) }
                last = task
            }
            return (over, last)
        }
    }

    private func end(_ tasks: [Int64]) throws {
        let now = clock.now
        let ended = try write(endings) { connection in
            try tasks.compactMap {
                try TaskTable.endStopping($0, at: now, retention: policy.retention, in: connection)
            }
        }
        if !ended.isEmpty { doorbell.announce(ended) }
    }

    /// Makes parked chunks ready whose time has come.
    ///
    /// - Returns: the number of chunks; ``Limits/promotedChunks`` when more may be left.
    @discardableResult
    package func promote() throws -> Int {
        let now = clock.now
        guard try writer.read({ try ChunkTable.isAnyDue(at: now, in: $0) }) else { return 0 }
        let promoted = try write(writer) { try ChunkTable.promote(at: now, upTo: Limits.promotedChunks, in: $0) }
        if promoted > 0 { doorbell.ringWorkers() }
        return promoted
    }

    // MARK: What is over

    /// Deletes results that need not be kept any longer.
    ///
    /// - Returns: whether more is left.
    package func sweep() throws -> Bool {
        let now = house.now()
        guard try writer.read({ try Retention.isAnyDue(at: now, in: $0) }) else { return false }
        return try write(writer) { try Retention.sweep(at: now, in: $0) }
    }

    /// Forgets records whose rows have been gone for long.
    ///
    /// - Returns: whether more is left.
    package func forgetRecords() throws -> Bool {
        let time = house.now() - policy.records
        let find = { try Retention.records(endedBefore: time, in: $0) }
        guard try !writer.read(find).isEmpty else { return false }
        return try write(writer) { connection in
            let tasks = try find(connection)
            try TaskTable.forget(tasks, in: connection)
            return tasks.count == Limits.sweptTasks
        }
    }

    /// Forgets idempotency keys that are too old.
    ///
    /// - Returns: whether more is left.
    package func forgetKeys() throws -> Bool {
        let now = house.now()
        guard try writer.read({ try IdempotencyTable.isAnyDue(at: now, in: $0) }) else { return false }
        return try write(writer) { try IdempotencyTable.sweep(at: now, in: $0) } == Limits.sweptKeys
    }

    // MARK: Log and space

    /// Gives space back that was freed, one bounded transaction.
    ///
    /// - Parameter isIdle: whether nothing was written lately; else some space is left for what comes.
    package func releaseSpace(isIdle: Bool) throws { try logKeeper.releaseFreePages(isIdle: isIdle) }

    /// Moves the write-ahead log back into the database when that is due.
    ///
    /// - Parameter isIdle: whether nothing was written lately.
    /// - Returns: whether a reader stood in the way, so that it should be tried again soon.
    package func checkpoint(isIdle: Bool) throws -> Bool {
        try logKeeper.checkpointIfNeeded(isIdle: isIdle)
    }

    /// The write-ahead log as it stands now.
    package var log: LogState { database.log }
}
