package import Core
package import Operations
package import Queue
package import Store
internal import Synchronization

/// Keeps the house of one database: rescues the work of the dead, wakes what was parked, sweeps, checkpoints.
///
/// Every process runs one, and one of them is elected: so there is always one, with zero workers too. One that stands still
/// is replaced, and when it goes on its term is over.
package final class Keeper: Sendable {
    private let database: Database
    private let election: KeeperElection
    private let makeUpkeep: @Sendable (KeeperElection.Won) throws -> Upkeep
    private let steady: SteadyClock
    private let beat: Duration
    private let logger: Logger
    private let elected = Atomic<Bool>(false)

    /// - Parameter boot: this process's name, under which it has said that it lives.
    package init(
        database: Database, boot: String, doorbell: Doorbell, clock: WallClock, steady: SteadyClock,
        policy: Upkeep.Policy, logger: Logger
    ) throws {
        self.database = database
        self.steady = steady
        self.logger = logger
        beat = KeeperElection.beatInterval(lease: policy.lease)
        election = try KeeperElection(
            database: database, boot: boot, clock: clock, steady: steady, lease: policy.lease)
        makeUpkeep = { won in
            try Upkeep(
                database: database, doorbell: doorbell, clock: clock, steady: steady, won: won, policy: policy)
        }
    }

    /// The bytes of the database's write-ahead log.
    var logBytes: Int { database.log.bytes }

    /// Whether this process keeps house now.
    package var isElected: Bool { elected.load(ordering: .relaxed) }

    /// How long nobody has kept house, as far as this process has seen; nil when somebody does.
    package var standstill: Duration? {
        guard !isElected, let standing = election.standing, standing > beat * 2 else { return nil }
        return standing
    }

    /// Waits to be elected and then keeps house until told to stop.
    ///
    /// Blocks its thread.
    package func run(until stop: StopSignal) throws {
        var outage = Outage()
        var pause = Duration.zero
        while !stop.wait(for: pause) {
            pause = Limits.electionPoll
            do {
                let won = try election.stand()
                _ = outage.succeeded(at: steady.now)
                if let won { try keepHouse(won, until: stop) }
            } catch {
                // A server that cannot be reached elects nobody; it is asked again, less often.
                pause = Limits.unseenKeeperPause
                if outage.failed(at: steady.now) { logger.error("no election", ["error": "\(error)"]) }
            }
        }
    }

    /// Keeps house as long as this process is the keeper.
    private func keepHouse(_ won: KeeperElection.Won, until stop: StopSignal) throws {
        elected.store(true, ordering: .relaxed)
        defer { elected.store(false, ordering: .relaxed) }
        logger.debug("keeper elected")
        let house = House(upkeep: try makeUpkeep(won), logger: logger, log: LogCare(clock: steady))
        var round = DutyRound(Duty.all(beat: beat), house: house, clock: steady)
        do {
            repeat { try round.run() } while !stop.wait(for: round.pause)
        } catch QueueError.termLost {
            return logger.warning("another process keeps house by now, this one stood still")
        }
        try election.resign(won.term)
    }
}
