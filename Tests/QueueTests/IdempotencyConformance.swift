import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Submissions under a key: repeated ones are recognised, others refused.
@Suite struct IdempotencyConformance {
    typealias Engine = QueueHarness.Engine

    private let print1 = [UInt8](repeating: 1, count: 32)
    private let print2 = [UInt8](repeating: 2, count: 32)

    private func request(_ queue: QueueHarness, _ fingerprint: [UInt8]?) -> Submissions.Request {
        var request = queue.request()
        request.key = IdempotencyKey("spring", fingerprint: fingerprint)
        return request
    }

    @Test(arguments: Engine.allCases)
    func `the same submission again is the first task again, and another one is refused`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let first = request(queue, print1)
        try await queue.submissions.submit(first, chunks: [QueueHarness.chunk([1, 2])])
        let replay = await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.submit(request(queue, print1), chunks: [QueueHarness.chunk([1, 2])])
        }
        #expect(replay?.task == first.draft.id)
        #expect(replay?.rows == 2)
        await #expect(throws: QueueError.keyMismatch) {
            try await queue.submissions.submit(request(queue, print2), chunks: [QueueHarness.chunk([9])])
        }
        #expect(try queue.tasks.list(owner: "local", TaskFilter(), limit: 9).tasks.count == 1)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a key is forgotten after a day`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submissions.submit(request(queue, print1), chunks: [QueueHarness.chunk([1])])
        queue.clock.advance(by: Limits.idempotency)
        try await queue.submissions.submit(request(queue, print2), chunks: [QueueHarness.chunk([1])])
        _ = try queue.makeUpkeep().forgetKeys()
        let left = try queue.read { try $0.first("SELECT count(*) FROM idempotency") { $0.int(0) } }
        #expect(left == 1)
    }

    /// The record went with the results, and the key with the record: what came again under the key was done again.
    @Test(arguments: Engine.allCases)
    func `a key outlives the results of one row, and its record goes when the key is too old`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        let first = request(queue, print1)
        try await queue.submissions.submit(first, chunks: [QueueHarness.chunk([1])])
        try await queue.submit([[2]])
        try worker.drain()
        queue.clock.advance(by: QueueHarness.retention)
        try queue.keepHouse(upkeep)
        let record = try queue.task(first.draft.id)
        #expect(record.isSwept && record.result == nil && record.task.resultsUntil == nil)
        #expect(try queue.tasks.list(owner: "local", TaskFilter(), limit: 9).tasks.count == 1, "one had no key")
        let replay = await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.submit(request(queue, print1), chunks: [QueueHarness.chunk([1])])
        }
        #expect(replay?.task == first.draft.id)
        #expect(try queue.invariantFaults() == [])

        queue.clock.advance(by: Limits.idempotency)
        try queue.keepHouse(upkeep)
        #expect(try queue.tasks.list(owner: "local", TaskFilter(), limit: 9).tasks.isEmpty)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a large upload holds its key while it runs and is compared at its end`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let owner = try queue.makeOwner(.api)
        let first = request(queue, nil)
        let receiving = try await queue.submissions.open(first, receiver: owner)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        await #expect(throws: QueueError.keyInProgress) {
            _ = try await queue.submissions.open(request(queue, nil), receiver: owner)
        }
        try await queue.submissions.seal(receiving, fingerprint: print1)
        await #expect(throws: IdempotencyKey.MustCompare.self) {
            _ = try await queue.submissions.open(request(queue, nil), receiver: owner)
        }
        let replay = await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.compare(IdempotencyKey("spring", fingerprint: print1), owner: "local")
        }
        #expect(replay?.task == first.draft.id)
        await #expect(throws: QueueError.keyMismatch) {
            try await queue.submissions.compare(IdempotencyKey("spring", fingerprint: print2), owner: "local")
        }
    }

    @Test(arguments: Engine.allCases)
    func `a broken upload frees its key`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let receiving = try await queue.submissions.open(request(queue, nil), receiver: queue.makeOwner(.api))
        try await queue.submissions.abandon(receiving, because: .uploadIncomplete)
        try await queue.submissions.submit(request(queue, print2), chunks: [QueueHarness.chunk([1])])
    }
}
