package import Core
package import Operations
package import Queue
package import Store
internal import Synchronization

/// Keeps the house of one database: rescues the work of the dead, wakes what was parked, sweeps, checkpoints.
///
/// Every process runs one and the first to lock the keeper's file is elected; when it dies the kernel frees the lock
/// and another takes over. So there is always one, with zero workers too.
package final class Keeper: Sendable {
    private let database: Database
    private let makeUpkeep: @Sendable () throws -> Upkeep
    private let logger: Logger
    private let elected = Atomic<Bool>(false)

    package init(
        database: Database, doorbell: Doorbell, clock: WallClock, steady: SteadyClock, lease: Duration,
        retention: Duration, logger: Logger
    ) {
        self.database = database
        self.logger = logger
        makeUpkeep = {
            try Upkeep(
                database: database, doorbell: doorbell, clock: clock, steady: steady, lease: lease,
                retention: retention)
        }
    }

    /// The bytes of the database's write-ahead log.
    var logBytes: Int { database.log.bytes }

    /// Whether this process keeps house now.
    package var isElected: Bool { elected.load(ordering: .relaxed) }

    /// Waits to be elected and then keeps house until told to stop.
    ///
    /// Blocks its thread.
    package func run(until stop: StopSignal) throws {
        let election = try database.makeElection()
        defer { election.resign() }
        var isWon: Bool?
        repeat {
            // A server that cannot be reached elects nobody; it is asked again, less often.
            isWon = attempt { try election.tryWin() }
            if isWon == true { attempt { try keepHouse(election, until: stop) } }
        } while !stop.wait(for: isWon == nil ? Limits.unseenKeeperPause : Limits.electionPoll)
    }

    /// Keeps house as long as this process is the keeper.
    private func keepHouse(_ election: any Election, until stop: StopSignal) throws {
        elected.store(true, ordering: .relaxed)
        defer { elected.store(false, ordering: .relaxed) }
        logger.debug("keeper elected")
        let upkeep = try makeUpkeep()
        var round = KeeperRound()
        repeat {
            attempt { try round.run(upkeep, logger: logger) }
        } while !stop.wait(for: round.pause) && attempt { try election.tryWin() } == true
    }

    /// - Returns: nil after a trouble of the database that may pass, such as a full disk or a gate that did not open.
    @discardableResult
    private func attempt<Value>(_ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            logger.error("keeper round failed", ["error": "\(error)"])
            return nil
        }
    }
}

/// Decides which of the keeper's duties are due in a round.
///
/// Rescue is due in every round.
struct KeeperRound {
    /// How long to wait before the next round: longer where the log tells that nothing was written for a while, since each
    /// round costs more than all else that an idle service does.
    private(set) var pause = Limits.rescuePoll
    /// Rescue polls that have passed.
    private var ticks = 0
    private var lastLog: LogState?
    /// Rescue polls since something was written.
    private var quietPolls = 0
    private var isSweeping = false
    private var isCheckpointBlocked = false

    /// Rescue polls in a second.
    private static let second = Int(1_000 / Limits.rescuePoll.wholeMilliseconds)

    mutating func run(_ upkeep: Upkeep, logger: Logger) throws {
        defer { pass(upkeep.log) }
        for rescue in try upkeep.rescue() {
            logger.warning(
                "owner lost, its work goes on",
                ["owner": "\(rescue.owner)", "chunks": "\(rescue.chunks)", "uploads": "\(rescue.brokenUploads)"])
        }
        if isDue(every: 1) { while try upkeep.expire() {} }
        while try upkeep.stop() {}
        try upkeep.promote()
        try checkpoint(upkeep)
        if isSweeping || isDue(every: 5) { isSweeping = try upkeep.sweep() }
    }

    /// Whether so many seconds ended since the round before.
    private func isDue(every seconds: Int) -> Bool {
        let period = Self.second * seconds
        return ticks == 0 || ticks / period > (ticks - step) / period
    }

    /// Rescue polls from the round before to this one.
    private var step: Int { Int(pause.wholeMilliseconds / Limits.rescuePoll.wholeMilliseconds) }

    /// Chooses the time of the next round.
    private mutating func pass(_ log: LogState) {
        // A server's log tells nothing here, and says so by having no time.
        let isQuiet = log.changedAt != 0 && quietPolls > 0 && !isSweeping && !isCheckpointBlocked
        pause = isQuiet ? Limits.quietRescuePoll : Limits.rescuePoll
        ticks += step
    }

    /// Checkpoints a grown log at once, and any log from two quiet seconds on until it is cut to nothing.
    private mutating func checkpoint(_ upkeep: Upkeep) throws {
        let log = upkeep.log
        quietPolls = log == lastLog ? quietPolls + step : 0
        // What is written here to tidy up is no work.
        defer { lastLog = upkeep.log }
        try upkeep.releaseSpace(isIdle: quietPolls >= Self.second)
        let isIdle = quietPolls >= 2 * Self.second && upkeep.log.bytes > 0
        if isIdle || isCheckpointBlocked || log.bytes >= Limits.checkpointBytes {
            isCheckpointBlocked = try upkeep.checkpoint(isIdle: isIdle)
        }
    }
}
