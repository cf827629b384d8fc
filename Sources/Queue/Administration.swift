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
    package struct Standstill: Sendable, Equatable {
        /// Names of paused models.
        package let paused: [String]
        /// Whether all models are paused.
        package let isAllPaused: Bool
        /// Versions whose runs failed one after the other.
        package let failing: [ModelIdentity]
    }

    package func standstill() throws -> Standstill {
        let now = clock.now
        return try readers.read { connection in
            let paused = try PauseTable.paused(in: connection)
            return Standstill(
                paused: paused.filter { $0 != PauseTable.all }, isAllPaused: paused.contains(PauseTable.all),
                failing: try BreakerTable.open(at: now, in: connection).map {
                    try models.entry(for: $0, in: connection).identity
                })
        }
    }
}
