package import Core
package import Store

/// What an operator does with the queue: stop a model's rows for a while, and see what failed for good.
package final class Administration: Sendable {
    private let committer: GroupCommitter
    private let readers: Readers
    private let models: ModelRegistry
    private let doorbell: Doorbell
    private let clock: WallClock

    package init(
        committer: GroupCommitter, readers: Readers, models: ModelRegistry, doorbell: Doorbell, clock: WallClock
    ) {
        self.committer = committer
        self.readers = readers
        self.models = models
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Lets no row of a model run until it is resumed; submissions are accepted meanwhile.
    ///
    /// It outlasts every process.
    ///
    /// - Parameter model: a model's name; nil for all.
    package func pause(_ model: String?) async throws {
        let now = clock.now
        try await committer.write(bytes: 0) { try PauseTable.pause(model ?? PauseTable.all, at: now, in: $0) }
        doorbell.ringAPIs()
    }

    /// Lets a model's rows run again.
    ///
    /// - Parameter model: a model's name; nil for all, whatever was paused.
    package func resume(_ model: String?) async throws {
        try await committer.write(bytes: 0) { try PauseTable.resume(model ?? PauseTable.all, in: $0) }
        doorbell.ringWorkers()
        doorbell.ringAPIs()
    }

    /// The models whose rows may not run now, and why.
    package struct Standstill: Sendable {
        /// Names of paused models.
        package let paused: [String]
        /// Whether all models are paused.
        package let isAllPaused: Bool
        /// Versions whose runs failed one after the other.
        package let failing: [(model: ModelIdentity, until: WallTime)]

        /// What is in the way of each.
        package var obstacles: [Obstacle] {
            (isAllPaused ? [.paused(model: nil)] : []) + paused.map { .paused(model: $0) }
                + failing.map { .failing($0.model, until: $0.until) }
        }
    }

    /// Rows that wait while no worker serves their model version.
    package func stranded() throws -> [StrandedRows] {
        try readers.read { try StrandedRows.all(models: models, in: $0) }
    }

    /// The tasks of a model version that wait and may be ended or run elsewhere, in the order of their turn.
    ///
    /// - Parameters:
    ///   - place: where to begin.
    ///   - limit: tasks at most.
    /// - Returns: the tasks, and where the next ones begin; nil when these are the last.
    package func tasks(
        of stranded: StrandedRows, from place: StrandedTable.Place = .start, limit: Int
    ) throws -> (tasks: [StoredTask], next: StrandedTable.Place?) {
        var found: [StoredTask] = []
        var known: Set<Int64> = []
        var next: StrandedTable.Place? = place
        while let here = next, found.count < limit {
            // A read of its own each, since a reader keeps the log from being cut.
            try readers.read { connection in
                // A task has a chunk at least: what a page finds has room, and none of it is left out.
                let page = try StrandedTable.page(
                    of: stranded.key, from: here, chunks: min(limit - found.count, Limits.strandedChunks),
                    in: connection)
                next = page.next
                let keys = page.tasks.filter { known.insert($0).inserted }
                let tasks = try TaskTable.find(keys: keys, models: models, in: connection)
                let byKey = Dictionary(tasks.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
                // One that is being stopped still has its chunks for a while.
                found += keys.compactMap { byKey[$0] }.filter { [.pending, .processing].contains($0.task.status) }
            }
        }
        return (found, next)
    }

    /// Whether a live worker can run a model version now.
    package func isServed(_ model: ModelIdentity) throws -> Bool {
        try readers.read { try OwnerTable.served(in: $0).contains(model) }
    }

    /// Ends tasks whose model version nobody serves; rows that were scored before stay readable.
    ///
    /// - Returns: how many were stranded still: workers may have come meanwhile, and tasks may have ended.
    package func fail(_ tasks: [StoredTask]) async throws -> Int {
        var failed = 0
        for start in stride(from: 0, to: tasks.count, by: Limits.sweptTasks) {
            let group = tasks[start..<min(start + Limits.sweptTasks, tasks.count)]
            failed += try await committer.write(bytes: 0) { connection in
                try group.reduce(0) { try $0 + (Stopping.fail(stranded: $1, in: connection) ? 1 : 0) }
            }
        }
        return failed
    }

    package func standstill() throws -> Standstill {
        let now = clock.now
        return try readers.read { connection in
            let paused = try PauseTable.paused(in: connection)
            return Standstill(
                paused: paused.filter { $0 != PauseTable.all }, isAllPaused: paused.contains(PauseTable.all),
                failing: try BreakerTable.open(at: now, in: connection).map {
                    (try models.entry(for: $0.model, in: connection).identity, $0.until)
                })
        }
    }
}
