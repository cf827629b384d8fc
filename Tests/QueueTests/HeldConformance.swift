import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Chunks that may not run yet: until all rows are here, or until a time.
@Suite struct HeldConformance {
    typealias Engine = QueueHarness.Engine

    private func waiting(_ queue: QueueHarness) throws -> [Int] {
        try queue.read { connection in
            try ["chunk", "parked"].map { table in
                try connection.first("SELECT count(*) FROM \(table)") { $0.int(0) } ?? 0
            }
        }
    }

    @Test(arguments: Engine.allCases)
    func `held rows run when the last one is here, all at once, and are counted meanwhile`(engine: Engine) async throws
    {
        let queue = try QueueHarness(engine)
        let (owner, worker, upkeep) = (try queue.makeOwner(.api), try queue.makeWorker(), try queue.makeUpkeep())
        var request = queue.request()
        request.isHeld = true
        let receiving = try await queue.submissions.open(request, receiver: owner)
        let count = Limits.sweptChunks + 1
        for number in 0..<count {
            try await queue.submissions.append([QueueHarness.chunk([Float(number)])], to: receiving)
        }
        #expect(try waiting(queue) == [0, count])
        #expect(try worker.claim() == nil)
        queue.clock.advance(by: .seconds(1_000))
        try queue.keepHouse(upkeep)
        #expect(try waiting(queue) == [0, count])
        #expect(try queue.tasks.waitingRows() == count)
        #expect(try queue.invariantFaults() == [])

        try await queue.submissions.seal(receiving)
        #expect(try waiting(queue) == [count, 0])
        #expect(try queue.invariantFaults() == [])
        try worker.drain()
        #expect(try queue.task(request.draft.id).task.rows == .init(total: count, succeeded: count))
        #expect(try queue.results(request.draft.id, pageRows: 1_000) == (0..<count).map { Float($0 * 2) })
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a seal that comes too late lets nothing run`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, other) = (try queue.makeOwner(.api), try queue.makeOwner(.api))
        var request = queue.uploadRequest()
        request.isHeld = true
        try await queue.submissions.open(later: request)
        let stored = try queue.task(request.draft.id)
        let first = try await queue.submissions.resume(stored, as: request, at: 0, receiver: owner).receiving
        try await queue.submissions.append([QueueHarness.chunk([1])], to: first)
        let second = try await queue.submissions.resume(stored, as: request, at: 5, receiver: other).receiving
        await #expect(throws: QueueError.notReceiving) { try await queue.submissions.seal(first) }
        #expect(try waiting(queue) == [0, 1])
        try await queue.submissions.seal(second)
        #expect(try waiting(queue) == [1, 0])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases, [1, 2])
    func `nothing runs before its time`(engine: Engine, chunks: Int) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        var request = queue.request()
        request.notBefore = queue.clock.wall.now + .seconds(60)
        let planned = request
        try await queue.submissions.submit(
            planned, chunks: (0..<chunks).map { QueueHarness.chunk([Float($0)]) })
        queue.clock.advance(by: .milliseconds(59_999))
        #expect(try upkeep.promote() == 0)
        #expect(try worker.claim() == nil)
        #expect(try queue.invariantFaults() == [])
        queue.clock.advance(by: .milliseconds(1))
        #expect(try upkeep.promote() == chunks)
        try worker.drain()
        #expect(try queue.task(request.draft.id).task.status == .completed)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases, [true, false])
    func `held rows with a time wait for both`(engine: Engine, isSealedFirst: Bool) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        var request = queue.request()
        request.isHeld = true
        request.notBefore = queue.clock.wall.now + .seconds(60)
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1]), QueueHarness.chunk([2])], to: receiving)
        if isSealedFirst { try await queue.submissions.seal(receiving) } else { queue.clock.advance(by: .seconds(60)) }
        #expect(try upkeep.promote() == 0)
        #expect(try worker.claim() == nil)
        if isSealedFirst { queue.clock.advance(by: .seconds(60)) } else { try await queue.submissions.seal(receiving) }
        #expect(try upkeep.promote() == 2)
        try worker.drain()
        #expect(try queue.task(request.draft.id).task.status == .completed)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a seal lets go of held rows and leaves those alone that wait after an error`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let failing = try await queue.submit([[1], [2]])
        let claim = try #require(try worker.claim())
        for chunk in claim.chunks { try worker.leases.retry(chunk, of: claim, after: .seconds(60)) }
        var request = queue.request()
        request.isHeld = true
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([3])], to: receiving)
        try await queue.submissions.seal(receiving)
        #expect(try waiting(queue) == [1, 2])
        #expect(try queue.count(of: "parked", failing) == 2)
        #expect(try queue.invariantFaults() == [])
    }
}
