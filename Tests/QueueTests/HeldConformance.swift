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

    private func openHeld(_ queue: QueueHarness, chunks: Int, notBefore: WallTime? = nil) async throws -> (
        id: TaskID, receiving: Submissions.Receiving
    ) {
        var request = queue.request()
        request.isHeld = true
        request.notBefore = notBefore
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        for start in stride(from: 0, to: chunks, by: Limits.appendedChunks) {
            try await queue.submissions.append(
                (start..<min(start + Limits.appendedChunks, chunks)).map { QueueHarness.chunk([Float($0)]) },
                to: receiving)
        }
        return (request.draft.id, receiving)
    }

    /// All chunks of a held input were once moved in the transaction of its seal: at the gate that is a second for millions.
    @Test(arguments: Engine.allCases)
    func `a seal of many held chunks lets some run at once and the others step by step`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        let step = Limits.promotedChunks
        let count = step * 3 + 7
        // What ran before has moved the order on.
        try await queue.submit([[1], [2]])
        try worker.drain()
        let (id, receiving) = try await openHeld(queue, chunks: count)
        try await queue.submissions.seal(receiving)
        #expect(try waiting(queue) == [step, count - step])
        #expect(try queue.invariantFaults() == [])
        for ready in [step * 2, step * 3, count] {
            #expect(try upkeep.promote() == min(step, ready == count ? 7 : step))
            #expect(try waiting(queue) == [ready, count - ready])
        }
        #expect(try upkeep.promote() == 0)
        // Those that were let go later rank behind those before: the task is no more urgent than in one piece.
        let order = try ranks(queue, "chunk")
        #expect(order == order.sorted() && Set(order).count == count)
        try worker.drain()
        #expect(try queue.task(id).task.rows == .init(total: count, succeeded: count))
        #expect(try queue.results(id, pageRows: 500) == (0..<count).map { Float($0 * 2) })
        #expect(try queue.invariantFaults() == [])
    }

    /// Each step was shifted by what it needed itself: of a task that waited behind others, the later steps all came to the
    /// place where the order stood, and singles waited for as many chunks as there were steps.
    @Test(arguments: Engine.allCases, [true, false])
    func `chunks that are let go step by step keep their distances though the order has moved on`(
        engine: Engine, hasTime: Bool
    ) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        let count = Limits.promotedChunks * 5
        let time = hasTime ? queue.clock.wall.now + .seconds(60) : nil
        let (id, receiving) = try await openHeld(queue, chunks: count, notBefore: time)
        let uploaded = try ranks(queue, "parked")
        // The model is busy meanwhile: its order moves on by half a step.
        let distance = uploaded[1] - uploaded[0]
        try queue.database.makeWriter(.relaxed).transaction {
            try FairTable.advance(worker.model, to: uploaded[Limits.promotedChunks / 2], in: $0)
        }
        try await queue.submissions.seal(receiving)
        queue.clock.advance(by: .seconds(60))
        while try upkeep.promote() > 0 {}
        let released = try ranks(queue, "chunk")
        #expect(released.count == count)
        #expect(released[0] > uploaded[0], "it does not run before what came meanwhile")
        #expect(zip(released, released.dropFirst()).allSatisfy { $1 - $0 == distance })
        try worker.drain()
        #expect(try queue.task(id).task.rows == .init(total: count, succeeded: count))
        #expect(try queue.invariantFaults() == [])
    }

    private func ranks(_ queue: QueueHarness, _ table: String) throws -> [Int64] {
        try queue.read { try $0.all("SELECT rank FROM \(table) ORDER BY key") { $0.integer(0) } }
    }

    @Test(arguments: Engine.allCases)
    func `many held chunks with a time wait for it and then run step by step`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        let count = Limits.promotedChunks * 2 + 1
        let (id, receiving) = try await openHeld(
            queue, chunks: count, notBefore: queue.clock.wall.now + .seconds(60))
        try await queue.submissions.seal(receiving)
        #expect(try upkeep.promote() == 0)
        #expect(try waiting(queue) == [0, count])
        queue.clock.advance(by: .seconds(60))
        var promoted: [Int] = []
        while let last = promoted.last ?? 1 as Int?, last > 0 { promoted.append(try upkeep.promote()) }
        #expect(promoted == [Limits.promotedChunks, Limits.promotedChunks, 1, 0])
        try worker.drain()
        #expect(try queue.task(id).task.rows == .init(total: count, succeeded: count))
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a task that is cancelled between two steps leaves nothing`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        let (id, receiving) = try await openHeld(queue, chunks: Limits.promotedChunks * 3)
        try await queue.submissions.seal(receiving)
        _ = try upkeep.promote()
        #expect(try await queue.submissions.cancel(queue.task(id)))
        while try upkeep.stop() {}
        _ = try upkeep.promote()
        #expect(try queue.task(id).task.status == .cancelled)
        #expect(try waiting(queue) == [0, 0])
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
