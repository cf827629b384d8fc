package import Core
package import Store

@testable package import Queue

extension Upkeep {
    /// The upkeep of a new keeper, who takes the term from whoever has it.
    package convenience init(
        database: Database, doorbell: Doorbell, clock: WallClock, steady: SteadyClock, lease: Duration,
        retention: Duration
    ) throws {
        let term = try database.makeWriter(.relaxed).transaction { connection in
            try KeeperTable.take(
                after: KeeperTable.seen(in: connection), boot: "", at: clock.now, in: connection)
        }
        try self.init(
            database: database, doorbell: doorbell, clock: clock, steady: steady,
            won: KeeperElection.Won(term: term!, time: nil, beats: BeatWatch(lease: lease, clock: steady)),
            policy: Policy(lease: lease, retention: retention))
    }
}
