import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Who keeps house: one process at a time, whatever became of the one before.
@Suite struct KeeperConformance {
    typealias Engine = QueueHarness.Engine

    private func makeElection(_ queue: QueueHarness, _ boot: String) throws -> KeeperElection {
        try KeeperElection(
            database: queue.database, boot: boot, clock: queue.clock.wall, steady: queue.clock.steady,
            lease: QueueHarness.lease)
    }

    private func makeUpkeep(_ queue: QueueHarness, _ won: KeeperElection.Won) throws -> Upkeep {
        try Upkeep(
            database: queue.database, doorbell: queue.doorbell, clock: queue.clock.wall, steady: queue.clock.steady,
            won: won, policy: .init(lease: QueueHarness.lease, retention: QueueHarness.retention))
    }

    /// A frozen process kept the lock that alone elected, for as long as it stood.
    @Test(arguments: Engine.allCases)
    func `a keeper that stands still is replaced though it lives, and writes nothing when it goes on`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let frozen = try queue.database.present("frozen")
        let awake = try queue.database.present("awake")
        let (first, second) = (try makeElection(queue, "frozen"), try makeElection(queue, "awake"))
        let old = try makeUpkeep(queue, #require(try first.stand()))
        let standstill = KeeperElection.standstill(lease: QueueHarness.lease)
        for _ in 0..<10 {
            queue.clock.advance(by: KeeperElection.beatInterval(lease: QueueHarness.lease))
            try old.beat()
            #expect(try second.stand() == nil)
            #expect(second.standing == .zero)
        }
        let id = try await queue.submit([[1]])
        _ = try await queue.submissions.cancel(queue.task(id))
        queue.clock.advance(by: standstill - .milliseconds(1))
        #expect(try second.stand() == nil)
        #expect(second.standing == standstill - .milliseconds(1))
        queue.clock.advance(by: .milliseconds(1))
        let new = try makeUpkeep(queue, #require(try second.stand()))
        #expect(throws: QueueError.termLost) { try old.stop() }
        #expect(throws: QueueError.termLost) { try old.beat() }
        #expect(try queue.task(id).task.status == .cancelling)
        try new.stop()
        #expect(try queue.task(id).task.status == .cancelled)
        #expect(try first.stand() == nil)
        frozen.end()
        awake.end()
    }

    @Test(arguments: Engine.allCases)
    func `the successor of a dead or a resigned keeper is elected at once`(engine: Engine) throws {
        let queue = try QueueHarness(engine)
        let presence = try queue.database.present("first")
        var other: (any Presence)? = try queue.database.present("second")
        let (first, second) = (try makeElection(queue, "first"), try makeElection(queue, "second"))
        let won = try #require(try first.stand())
        #expect(try second.stand() == nil)
        try first.resign(won.term)
        let next = try #require(try second.stand())
        #expect(next.term.number == won.term.number + 1)
        #expect(try first.stand() == nil)
        #expect(other != nil)
        other = nil
        #expect(try first.stand() != nil)
        #expect(try second.stand() == nil)
        presence.end()
    }

    @Test(arguments: Engine.allCases)
    func `a candidate that stood still itself takes no term from a keeper that went on meanwhile`(
        engine: Engine
    ) throws {
        let queue = try QueueHarness(engine)
        let presence = try queue.database.present("first")
        let (first, second) = (try makeElection(queue, "first"), try makeElection(queue, "second"))
        let upkeep = try makeUpkeep(queue, #require(try first.stand()))
        #expect(try second.stand() == nil)
        queue.clock.advance(by: .seconds(100))
        let seen = try queue.read { try KeeperTable.seen(in: $0) }
        try upkeep.beat()
        // It had looked before that beat, and writes after it.
        let taken = try queue.database.makeWriter(.relaxed).transaction {
            try KeeperTable.take(after: seen, boot: "second", at: queue.clock.wall.now, in: $0)
        }
        #expect(taken == nil)
        #expect(try second.stand() == nil)
        try upkeep.beat()
        presence.end()
    }

    /// A new keeper began to watch beats only when it was elected: a lease later than needed.
    @Test(arguments: Engine.allCases)
    func `a worker that froze with the keeper is found when its lease is over, not a lease after the election`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        try await queue.submit([[1]])
        _ = try #require(try worker.claim())
        let presence = try queue.database.present("first")
        let (first, second) = (try makeElection(queue, "first"), try makeElection(queue, "second"))
        _ = try #require(try first.stand())
        var won: KeeperElection.Won?
        while won == nil {
            won = try second.stand()
            queue.clock.advance(by: .seconds(1))
        }
        queue.clock.advance(by: .seconds(8))
        #expect(try makeUpkeep(queue, #require(won)).rescue().map(\.owner) == [worker.owner.key])
        presence.end()
    }

    // MARK: Clocks

    @Test(arguments: Engine.allCases)
    func `a wall clock that is set forward by a year deletes nothing before its time`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2]])
        try queue.makeWorker().drain()
        let upkeep = try queue.makeUpkeep()
        var key = queue.uploadRequest()
        key.key = IdempotencyKey("k")
        try await queue.submissions.open(later: key)
        queue.clock.jumpWall(by: .seconds(365 * 86_400))
        #expect(upkeep.watchClock() == .seconds(365 * 86_400))
        #expect(upkeep.watchClock() == nil)
        for _ in 0..<10 {
            queue.clock.advance(by: .seconds(60))
            try queue.keepHouse(upkeep)
        }
        #expect(try queue.results(id) == [2, 4])
        #expect(try queue.task(key.draft.id).task.input == .receiving)
        #expect(try queue.read { try $0.first("SELECT count(*) FROM idempotency") { $0.int(0) } } == 1)
        // The clock is right again, and everything goes on in its own time.
        queue.clock.jumpWall(by: .seconds(-365 * 86_400))
        #expect(upkeep.watchClock() == .seconds(-365 * 86_400))
        queue.clock.advance(by: QueueHarness.retention)
        try queue.keepHouse(upkeep)
        #expect(try queue.task(id).isSwept)
    }

    @Test(arguments: Engine.allCases)
    func `a keeper goes on with the time of the one before, whatever its own wall clock says`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let first = try makeElection(queue, "first")
        let won = try #require(try first.stand())
        let upkeep = try makeUpkeep(queue, won)
        let id = try await queue.submit([[1], [2]])
        try queue.makeWorker().drain()
        try upkeep.beat()
        try first.resign(won.term)
        queue.clock.jumpWall(by: .seconds(365 * 86_400))
        let second = try makeElection(queue, "second")
        try queue.keepHouse(makeUpkeep(queue, #require(try second.stand())))
        #expect(try queue.results(id) == [2, 4])
    }

    @Test(arguments: Engine.allCases)
    func `a wall clock that is set back does not keep a breaker open for the whole jump`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        try await queue.submit([[1]])
        try queue.database.makeWriter(.durable).transaction { connection in
            for _ in 0..<Limits.breakerFailures {
                _ = try BreakerTable.fail(worker.model, at: queue.clock.wall.now, in: connection)
            }
        }
        #expect(try worker.claim() == nil)
        queue.clock.jumpWall(by: .seconds(-7 * 86_400))
        #expect(try worker.claim() != nil, "one chunk tries")
        #expect(
            try queue.read { try BreakerTable.open(at: queue.clock.wall.now, in: $0).map(\.model) } == [worker.model])
    }

    // MARK: What is over

    @Test(arguments: Engine.allCases)
    func `a task of one row leaves no record, one of many leaves its own for as long as is set`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let (single, many) = (try await queue.submit([[1]]), try await queue.submit([[1], [2]]))
        try queue.makeWorker().drain()
        let upkeep = try queue.makeUpkeep()
        queue.clock.advance(by: QueueHarness.retention)
        try queue.keepHouse(upkeep)
        #expect(throws: QueueHarness.Missing.self) { try queue.task(single) }
        #expect(try queue.task(many).isSwept)
        queue.clock.advance(by: Limits.records - .seconds(3_601))
        #expect(try !upkeep.forgetRecords())
        #expect(try queue.task(many).isSwept)
        queue.clock.advance(by: .seconds(3_601))
        _ = try upkeep.forgetRecords()
        #expect(throws: QueueHarness.Missing.self) { try queue.task(many) }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `tasks that wait for a running chunk do not keep others from being ended`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let count = Limits.sweptTasks + 5
        var tasks: [TaskID] = []
        for number in 0..<count { tasks.append(try await queue.submit([[Float(number)]])) }
        let claim = try #require(try worker.claim(upToRows: count - 1))
        #expect(claim.chunks.count > Limits.sweptTasks)
        for task in tasks { _ = try await queue.submissions.cancel(queue.task(task)) }
        let upkeep = try queue.makeUpkeep()
        for _ in 0..<4 { try upkeep.stop() }
        #expect(try queue.task(tasks[count - 1]).task.status == .cancelled)
    }
}
