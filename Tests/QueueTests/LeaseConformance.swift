import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Leases: who may run what, and what happens when the holder is gone.
@Suite struct LeaseConformance {
    typealias Engine = QueueHarness.Engine

    @Test(arguments: Engine.allCases)
    func `two workers never hold the same chunk`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1], [2], [3]])
        let (first, second) = (try queue.makeWorker(), try queue.makeWorker())
        let one = try #require(try first.claim(upToRows: 2))
        let other = try #require(try second.claim())
        #expect(Set(one.chunks.map(\.key)).isDisjoint(with: other.chunks.map(\.key)))
        #expect(one.rows + other.rows == 3)
        #expect(try first.claim() == nil)
    }

    /// Eight workers that each took one row made as many durable commits, and everybody waited for them.
    @Test(arguments: Engine.allCases)
    func `a small chunk may be left to a worker that runs small chunks, and to no other`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (first, second) = (try queue.makeWorker(), try queue.makeWorker())
        try await queue.submit([[1]])
        let alone = try #require(try first.claim(leaving: { _ in true }), "nobody runs anything")
        let other = try await queue.submit([[2]])
        var left: [ChunkKey] = []
        #expect(
            try second.claim(leaving: {
                left.append($0)
                return true
            }) == nil)
        #expect(left == [ChunkKey(task: try queue.task(other).key, position: 0)])
        #expect(try first.completeAndClaim(alone).next?.chunks.map(\.key) == left)

        try await queue.submit([[3]])
        #expect(try second.claim(leaving: { _ in false }) != nil, "it was left for long enough")
        try await queue.submit([(0...Limits.smallChunkRows).map(Float.init)])
        #expect(try second.claim(leaving: { _ in true }) != nil, "a large chunk is left to nobody")
    }

    @Test(arguments: Engine.allCases)
    func `one claim takes rows of many tasks`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        for number in 0..<10 { try await queue.submit([[Float(number)]]) }
        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim())
        #expect(claim.chunks.count == 10)
        #expect(Set(claim.chunks.map(\.key.task)).count == 10)
    }

    @Test(arguments: Engine.allCases)
    func `a claim stops at its bound of rows but always takes one chunk`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1, 2, 3], [4, 5, 6]])
        let worker = try queue.makeWorker()
        #expect(try worker.claim(upToRows: 2)?.rows == 3)
        #expect(try worker.claim(upToRows: 5)?.rows == 3)
    }

    @Test(arguments: Engine.allCases)
    func `a small task overtakes the later chunks of a large one`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let large = [[Float]](repeating: [Float](repeating: 1, count: 1_000), count: 30)
        try await queue.submit(large)
        let worker = try queue.makeWorker()
        _ = try worker.claim(upToRows: 1)
        _ = try worker.claim(upToRows: 1)
        let small = try await queue.submit([[7]])
        let next = try #require(try worker.claim(upToRows: 1))
        #expect(next.chunks[0].key.task == (try queue.task(small).key))
    }

    @Test(arguments: Engine.allCases)
    func `a small task does not wait for a run to be filled up with a large one`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let large = [Float](repeating: 1, count: Limits.smallChunkRows + 1)
        try await queue.submit([large, large])
        try await queue.submit([[7]], priority: .high)
        try await queue.submit([[8]], priority: .high)
        let worker = try queue.makeWorker()
        #expect(try worker.claim()?.chunks.map(\.rows) == [1, 1])
        #expect(try worker.claim()?.chunks.map(\.rows) == [large.count, large.count])
    }

    @Test(arguments: Engine.allCases)
    func `high priority goes before normal, and normal before low`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let low = try await queue.submit([[1]], priority: .low)
        let normal = try await queue.submit([[2]], priority: .normal)
        let high = try await queue.submit([[3]], priority: .high)
        let worker = try queue.makeWorker()
        let order = try (0..<3).map { _ in try #require(try worker.claim(upToRows: 1)).chunks[0].key.task }
        #expect(order == (try [high, normal, low].map { try queue.task($0).key }))
    }

    @Test(arguments: Engine.allCases)
    func `released chunks run again at once and lose no attempt`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2]])
        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim())
        try worker.leases.release(claim.chunks, of: claim, asSuspects: false)
        let again = try #require(try worker.claim())
        #expect(again.chunks.map(\.attempts) == [0, 0])
        #expect(again.chunks.map(\.isSuspect) == [false, false])
        _ = try worker.complete(again)
        #expect(try queue.results(id) == [2, 4])
    }

    @Test(arguments: Engine.allCases)
    func `suspects run alone`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1], [2], [3]])
        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim(upToRows: 2))
        try worker.leases.release(claim.chunks, of: claim, asSuspects: true)
        #expect(try worker.claim()?.chunks.count == 1)
        #expect(try worker.claim()?.chunks.count == 1)
        #expect(try worker.claim()?.chunks.map(\.isSuspect) == [false])
    }

    @Test(arguments: Engine.allCases)
    func `a worker that completes has its next claim with it, until nothing waits`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2], [3]])
        let worker = try queue.makeWorker()
        var claim = try worker.claim(upToRows: 1)
        var claims = 0
        while let held = claim {
            claims += 1
            #expect(held.chunks.allSatisfy { $0.payload != nil })
            let completed = try worker.completeAndClaim(held, upToRows: 1)
            #expect(completed.lost == 0)
            claim = completed.next
            #expect(try queue.invariantFaults() == [])
        }
        #expect(claims == 3)
        #expect(try queue.results(id) == [2, 4, 6])
        #expect(try queue.task(id).task.status == .completed)
    }

    @Test(arguments: Engine.allCases)
    func `who was declared dead completes nothing and claims nothing`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2]])
        let (hanging, other) = (try queue.makeWorker(), try queue.makeWorker())
        let upkeep = try queue.makeUpkeep()
        let claim = try #require(try hanging.claim(upToRows: 1))
        _ = try upkeep.rescue()
        try beat(other, in: queue)
        queue.clock.advance(by: QueueHarness.lease)
        try beat(other, in: queue)
        #expect(try upkeep.rescue().map(\.owner) == [hanging.owner.key])

        let late = try hanging.completeAndClaim(claim)
        #expect(late.lost == 1)
        #expect(late.next == nil)
        #expect(throws: QueueError.ownershipLost) { try hanging.claim() }
        try other.drain()
        #expect(try queue.results(id) == [2, 4])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a chunk that failed waits for its time, out of the way of claims`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1]])
        let worker = try queue.makeWorker()
        let upkeep = try queue.makeUpkeep()
        let claim = try #require(try worker.claim())
        try worker.leases.retry(claim.chunks[0], of: claim, after: .seconds(2))
        #expect(try worker.claim() == nil)
        #expect(try upkeep.promote() == 0)
        #expect(try queue.invariantFaults() == [])

        queue.clock.advance(by: .seconds(2))
        #expect(try upkeep.promote() == 1)
        let again = try #require(try worker.claim())
        #expect(again.chunks.map(\.attempts) == [1])
        _ = try worker.complete(again)
        #expect(try queue.task(id).task.status == .completed)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a worker that stands still loses its chunks and cannot finish them`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2]])
        let (hanging, other) = (try queue.makeWorker(), try queue.makeWorker())
        let upkeep = try queue.makeUpkeep()
        let claim = try #require(try hanging.claim())
        #expect(try upkeep.rescue() == [])

        queue.clock.advance(by: QueueHarness.lease - .milliseconds(1))
        #expect(try upkeep.rescue() == [])
        try beat(other, in: queue)
        queue.clock.advance(by: .milliseconds(1))
        #expect(try upkeep.rescue() == [.init(owner: hanging.owner.key, chunks: 2, brokenUploads: 0)])

        let rescued = try #require(try other.claim())
        #expect(rescued.chunks.count == 1)
        #expect(try hanging.complete(claim) == 2)
        _ = try other.complete(rescued)
        try other.drain()
        #expect(try queue.results(id) == [2, 4])
        try await queue.submit([[3]])
        #expect(throws: QueueError.self) { try hanging.claim() }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a jump of the wall clock neither frees a live lease nor holds a dead one`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1]])
        let worker = try queue.makeWorker()
        let upkeep = try queue.makeUpkeep()
        _ = try worker.claim()
        #expect(try upkeep.rescue() == [])
        queue.clock.jumpWall(by: .seconds(1_000_000))
        #expect(try upkeep.rescue() == [])
        queue.clock.jumpWall(by: .seconds(-2_000_000))
        queue.clock.advance(by: QueueHarness.lease)
        #expect(try upkeep.rescue().count == 1)
    }

    @Test(arguments: Engine.allCases)
    func `a worker's chunks are free at once when its lock is gone`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1]])
        var worker: QueueHarness.Worker? = try queue.makeWorker()
        _ = try worker?.claim()
        let upkeep = try queue.makeUpkeep()
        #expect(try upkeep.rescue() == [])
        worker = nil
        #expect(try upkeep.rescue().map(\.chunks) == [1])
        #expect(try queue.makeWorker().claim()?.rows == 1)
    }

    @Test(arguments: Engine.allCases)
    func `crashes count only against a chunk that ran alone`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1], [2]])
        let upkeep = try queue.makeUpkeep()
        var worker: QueueHarness.Worker? = try queue.makeWorker()
        _ = try worker?.claim()
        worker = nil
        _ = try upkeep.rescue()
        worker = try queue.makeWorker()
        let alone = try #require(try worker?.claim())
        #expect(alone.chunks.map(\.crashes) == [0])
        worker = nil
        _ = try upkeep.rescue()
        let next = try queue.makeWorker()
        let crashed = try #require(try next.claim())
        #expect(crashed.chunks.map(\.key) == alone.chunks.map(\.key))
        #expect(crashed.chunks.map(\.crashes) == [1])
        #expect(try next.claim()?.chunks.map(\.crashes) == [0])
    }

    @Test(arguments: Engine.allCases)
    func `a worker that leaves in order gives everything back unharmed`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1], [2]])
        let worker = try queue.makeWorker()
        _ = try worker.claim()
        try worker.owner.leave()
        let next = try queue.makeWorker()
        let claim = try #require(try next.claim())
        #expect(claim.chunks.map(\.isSuspect) == [false, false])
        #expect(try queue.makeUpkeep().rescue() == [])
    }

    @Test(arguments: Engine.allCases)
    func `an upload breaks when the process that received it dies`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let request = queue.request()
        var receiver: Owner? = try queue.makeOwner(.api)
        let receiving = try await queue.submissions.open(request, receiver: receiver!)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        let upkeep = try queue.makeUpkeep()
        #expect(try upkeep.rescue() == [])
        receiver = nil
        #expect(try upkeep.rescue().map(\.brokenUploads) == [1])
        #expect(try queue.task(request.draft.id).task.failure == .uploadIncomplete)
        #expect(try queue.invariantFaults() == [])
    }

    /// The process was off the list, so that no keeper asked for its uploads: they stayed open for ever.
    @Test(arguments: Engine.allCases)
    func `an upload breaks when the process that received it leaves in order`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let request = queue.request()
        let receiver = try queue.makeOwner(.api)
        let receiving = try await queue.submissions.open(request, receiver: receiver)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        try receiver.leave()
        #expect(try queue.task(request.draft.id).task.input == .broken)
        _ = try queue.makeUpkeep().stop()
        #expect(try queue.task(request.draft.id).task.failure == .uploadIncomplete)
        #expect(try queue.invariantFaults() == [])
    }

    /// It became nobody's when it was paused, with no time at which it would be given up.
    @Test(arguments: Engine.allCases)
    func `an upload that may not go on cannot be taken over`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.input = StoredInput(options: "[]")
        let receiver = try queue.makeOwner(.api)
        let receiving = try await queue.submissions.open(request, receiver: receiver)
        let stored = try queue.task(request.draft.id)
        await #expect(throws: QueueError.notReceiving) {
            _ = try await queue.submissions.resume(stored, as: request, at: 0, receiver: receiver)
        }
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        try await queue.submissions.seal(receiving)
        #expect(try queue.invariantFaults() == [])
    }

    private func beat(_ worker: QueueHarness.Worker, in queue: QueueHarness) throws {
        let isAlive = try queue.database.makeWriter(.relaxed).transaction {
            try OwnerTable.beat(worker.owner.key, in: $0)
        }
        #expect(isAlive)
    }
}
