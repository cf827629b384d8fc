package import Core
package import Store
internal import Synchronization

/// Elects the keeper: a process takes the next term when nobody holds one, or its holder is dead or stands still.
///
/// Every process stands for it and watches the keeper's beat by its own steady clock, so that one that was stopped is
/// replaced whatever locks it holds. One thread stands; any thread may ask how long the keeper has stood.
package final class KeeperElection: Sendable {
    /// A term that was won, and what was learnt while waiting for it.
    package struct Won: Sendable {
        package let term: KeeperTerm
        /// The time that the keeper before went by; nil for the first one.
        let time: WallTime?
        /// Whose beats have stood since when.
        let beats: BeatWatch
    }

    /// What the candidate remembers between two looks.
    private struct Memory {
        var keepers: BeatWatch
        var owners: BeatWatch
        /// How long the keeper's beat has stood; nil before the first look.
        var standing: Duration?
    }

    private let database: Database
    private let boot: String
    private let clock: WallClock
    private let steady: SteadyClock
    private let standstill: Duration
    private let lane: Mutex<Lane>
    private let memory: Mutex<Memory>

    private struct Lane: @unchecked Sendable {  // @unchecked because the mutex hands it to one thread at a time
        let writer: Writer
    }

    /// - Parameters:
    ///   - boot: this process's name, under which it has said that it lives.
    ///   - lease: how long a process's beat may stand still.
    package init(
        database: Database, boot: String, clock: WallClock, steady: SteadyClock, lease: Duration
    ) throws {
        self.database = database
        self.boot = boot
        self.clock = clock
        self.steady = steady
        standstill = Self.standstill(lease: lease)
        lane = Mutex(Lane(writer: try database.makeWriter(.relaxed)))
        memory = Mutex(
            Memory(
                keepers: BeatWatch(lease: standstill, clock: steady), owners: BeatWatch(lease: lease, clock: steady)))
    }

    /// How long a keeper's beat may stand still.
    static func standstill(lease: Duration) -> Duration { min(lease, Limits.keeperStandstill) }

    /// How often a keeper must say that it lives.
    package static func beatInterval(lease: Duration) -> Duration { standstill(lease: lease) / 3 }

    /// How long the keeper's beat was seen to stand; nil before the first look.
    package var standing: Duration? { memory.withLock { $0.standing } }

    /// Looks at the keeper, and takes the next term when nobody keeps house.
    ///
    /// - Returns: nil while another keeps house.
    package func stand() throws -> Won? {
        try lane.withLock { lane in
            let (seen, owners) = try lane.writer.read { connection in
                (try KeeperTable.seen(in: connection), try OwnerTable.all(in: connection))
            }
            let hasFailed = look(seen, owners)
            guard try hasFailed || seen.map({ try $0.boot.isEmpty || database.isAbsent($0.boot) }) ?? true else {
                return nil
            }
            let term = try lane.writer.transaction { connection in
                try KeeperTable.take(after: seen, boot: boot, at: seen?.time ?? clock.now, in: connection)
            }
            return term.map { term in
                memory.withLock { memory in
                    memory.standing = .zero
                    return Won(term: term, time: seen?.time, beats: memory.owners)
                }
            }
        }
    }

    /// Gives the term back, at an orderly end or after a fault.
    package func resign(_ term: KeeperTerm) throws {
        try lane.withLock { lane in
            try lane.writer.transaction { try KeeperTable.resign(term, in: $0) }
        }
    }

    /// - Returns: whether the keeper's beat has stood too long.
    private func look(_ seen: SeenKeeper?, _ owners: [OwnerTable.Seen]) -> Bool {
        memory.withLock { memory in
            // Beats begin anew with each term.
            let keepers = seen.map { [(key: $0.term, beat: $0.beat)] } ?? []
            let hasFailed = !memory.keepers.standing(keepers).isEmpty
            memory.standing = seen.flatMap { memory.keepers.stood($0.term) } ?? .zero
            _ = memory.owners.standing(owners.map { ($0.key, $0.beat) })
            return hasFailed
        }
    }
}
