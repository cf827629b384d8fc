package import Core
package import Store

/// What the keeper does with the queue: give the work of the dead to the living, wake what was parked, sweep.
///
/// One thread of the elected process uses it.
package final class Upkeep {
    private let database: Database
    private let writer: Writer
    /// Writes the ends of tasks, which callers may see at once.
    private let endings: Writer
    private let logKeeper: any LogKeeping
    private let clock: WallClock
    private let retention: Duration
    private let doorbell: Doorbell
    private var beats: BeatWatch

    /// - Parameters:
    ///   - lease: how long a beat may stand still.
    ///   - steady: measures that time here, so that no other machine's clock matters.
    package init(
        database: Database, doorbell: Doorbell, clock: WallClock, steady: SteadyClock, lease: Duration,
        retention: Duration
    ) throws {
        self.database = database
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
        writer = try database.makeWriter(.relaxed)
        endings = try database.makeWriter(.durable)
        logKeeper = try database.makeLogKeeper()
        beats = BeatWatch(lease: lease, clock: steady)
    }

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
        let rescue: Rescue? = try writer.transaction { connection in
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

    /// Marks tasks whose deadline has passed, and uploads that nobody went on with, to be stopped, a bounded number.
    ///
    /// - Returns: whether more may be left.
    @discardableResult
    package func expire() throws -> Bool {
        let now = clock.now
        guard try !writer.read({ try TaskTable.overdue(at: now, in: $0) }).isEmpty else { return false }
        // Looked up again inside: meanwhile somebody may have gone on with an upload.
        return try writer.transaction { connection in
            let overdue = try TaskTable.overdue(at: now, in: connection)
            for (task, stop) in overdue { try Stopping.begin(task, as: stop, in: connection) }
            return overdue.count >= Limits.sweptTasks
        }
    }

    /// Stops tasks that are marked for it, as far as one bounded transaction a task goes.
    ///
    /// - Returns: whether more is left to remove now.
    @discardableResult
    package func stop() throws -> Bool {
        let now = clock.now
        var ended: [EndedTask] = []
        var isMoreLeft = false
        for (task, model) in try writer.read({ try TaskTable.stopping(in: $0) }) {
            let step = try endings.transaction {
                try Stopping.step(task, model: model, at: now, retention: retention, in: $0)
            }
            if let task = step.ended { ended.append(task) }
            isMoreLeft = isMoreLeft || step.isMoreWaiting
        }
        if !ended.isEmpty { doorbell.announce(ended) }
        return isMoreLeft
    }

    /// Makes parked chunks ready whose time has come.
    ///
    /// - Returns: the number of chunks.
    @discardableResult
    package func promote() throws -> Int {
        let now = clock.now
        guard try writer.read({ try ChunkTable.isAnyDue(at: now, in: $0) }) else { return 0 }
        let promoted = try writer.transaction { connection in
            var promoted = 0
            while promoted < Limits.promotedChunks {
                let more = try ChunkTable.promote(
                    at: now, upTo: Limits.promotedChunks - promoted, in: connection)
                if more == 0 { break }
                promoted += more
            }
            return promoted
        }
        if promoted > 0 { doorbell.ringWorkers() }
        return promoted
    }

    /// Deletes results that need not be kept any longer, one bounded transaction.
    ///
    /// - Returns: whether more is left.
    package func sweep() throws -> Bool {
        let now = clock.now
        try writer.transaction { try IdempotencyTable.sweep(at: now, in: $0) }
        guard try writer.read({ try Retention.isAnyDue(at: now, in: $0) }) else { return false }
        let isMoreLeft = try writer.transaction { try Retention.sweep(at: now, in: $0) }
        return isMoreLeft
    }

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
