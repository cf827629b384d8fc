import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// What keeps rows from running, and what a task knows of its turn, on every engine.
@Suite struct ObstacleConformance {
    private let model = QueueHarness.identity

    private func view(_ queue: QueueHarness) throws -> Forecast.View {
        try Forecast(
            readers: queue.database.makeReaders(), models: queue.models, clock: queue.clock.steady,
            wall: queue.clock.wall
        ).view()
    }

    private func administration(_ queue: QueueHarness) -> Administration {
        Administration(
            committer: queue.committer, readers: queue.database.makeReaders(), models: queue.models,
            doorbell: queue.doorbell, clock: queue.clock.wall)
    }

    @Test(arguments: QueueHarness.Engine.allCases)
    func `what is in the way is named, and what somebody did on purpose comes first`(
        engine: QueueHarness.Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let administration = administration(queue)
        let ids = try await [queue.submit([[1]]), queue.submit([[2]])]
        #expect(try view(queue).obstacle(to: model) == .noWorker)
        #expect(try view(queue).drain == nil)

        let other = try queue.makeWorker(serving: [])
        #expect(try view(queue).obstacle(to: model) == .unserved(model))
        let reason = "The file is damaged; bring it back."
        let broken = try queue.makeWorker(
            serving: [.init(identity: model, broken: .modelInvalid, message: reason)])
        #expect(try view(queue).obstacle(to: model) == .broken(model, reason: reason))
        #expect(try view(queue).obstacle(to: model)?.message.contains(reason) == true)

        // Another that is still to try it may come to another end.
        let trying = try queue.makeWorker(serving: [.init(awaited: model)])
        #expect(try view(queue).obstacle(to: model) == .loading(model))
        #expect(try view(queue).obstacle(to: model)?.passesSoon == true && view(queue).drain == nil)

        // One that can run it is enough.
        let worker = try queue.makeWorker()
        #expect(try view(queue).obstacle(to: model) == nil)
        #expect(try view(queue).drain != nil)
        try await administration.pause("echo")
        #expect(try view(queue).obstacle(to: model) == .paused(model: "echo"))
        try await administration.pause(nil)
        #expect(try view(queue).obstacle(to: model) == .paused(model: nil))
        try await administration.resume(nil)
        for _ in 0..<Limits.breakerFailures {
            try queue.database.makeWriter(.relaxed).transaction {
                try BreakerTable.fail(worker.model, at: queue.clock.wall.now, in: $0)
            }
        }
        let until = queue.clock.wall.now + Limits.breakerPause
        #expect(try view(queue).obstacle(to: model) == .failing(model, until: until))
        #expect(try view(queue).drain == nil)
        queue.clock.advance(by: Limits.breakerPause)
        #expect(try view(queue).obstacle(to: model) == nil)
        try worker.drain()
        #expect(try view(queue).drain == .zero)
        for id in ids { #expect(try queue.task(id).next == nil) }
        withExtendedLifetime((other, broken, trying)) {}
    }

    /// A paused batch of millions made everybody's estimate hours.
    @Test(arguments: QueueHarness.Engine.allCases)
    func `rows that nothing can run hold up no estimate of others`(engine: QueueHarness.Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[Float]](repeating: [Float](repeating: 1, count: 100), count: 10))
        let worker = try queue.makeWorker()
        let before = try view(queue).wait(forRows: 1, costing: 50)
        #expect(before == .microseconds(1_001 * 50))
        try await administration(queue).pause("echo")
        #expect(try view(queue).wait(forRows: 1, costing: 50) == .microseconds(50))
        #expect(try view(queue).rows == 1_000)
        withExtendedLifetime(worker) {}
    }

    @Test(arguments: QueueHarness.Engine.allCases)
    func `a task knows its next chunk, and how many rows of its model run before`(
        engine: QueueHarness.Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let first = try await queue.submit([[1, 2], [3]])
        let second = try await queue.submit([[4], [5]])
        func before(_ id: TaskID) throws -> Int? {
            guard case .ready(let rank) = try queue.task(id).next else { return nil }
            let found = try view(queue).rows(of: model, before: rank)
            #expect(!found.mayBeMore)
            return found.rows
        }
        #expect(try before(first) == 0)
        #expect(try before(second) == 3)
        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim(upToRows: 2))
        #expect(claim.chunks.count == 1)
        #expect(try before(second) == 1, "what runs is no longer before it")
        #expect(try before(first) == 0)

        // One that failed waits for its next try, and one that is scheduled for its time.
        let until = queue.clock.wall.now + .seconds(9)
        try worker.leases.retry(claim.chunks[0], of: claim, after: .seconds(9))
        try worker.drain()
        #expect(try queue.task(first).next == .failed(until: until))
        #expect(try queue.task(second).next == nil)
        var request = queue.request()
        request.notBefore = until
        try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([6])])
        #expect(try queue.task(request.draft.id).next == .held(until: until))
        var held = queue.uploadRequest()
        held.isHeld = true
        try await queue.submissions.open(later: held)
        let api = try queue.makeOwner(.api)
        let resumed = try await queue.submissions.resume(
            queue.task(held.draft.id), as: held, at: 0, receiver: api)
        try await queue.submissions.append([QueueHarness.chunk([7])], to: resumed.receiving, input: resumed.input)
        #expect(try queue.task(held.draft.id).next == .held(until: nil))
        withExtendedLifetime(api) {}
    }

    @Test(arguments: QueueHarness.Engine.allCases)
    func `far behind, the rows before are counted as far as a look goes`(engine: QueueHarness.Engine) async throws {
        let queue = try QueueHarness(engine)
        for _ in 0..<Limits.claimedChunks { try await queue.submit([[1]]) }
        let edge = try await queue.submit([[2]])
        func before(_ id: TaskID) throws -> (rows: Int, mayBeMore: Bool) {
            guard case .ready(let rank) = try queue.task(id).next else { throw QueueHarness.Missing() }
            return try view(queue).rows(of: model, before: rank)
        }
        #expect(try before(edge) == (Limits.claimedChunks, true))
        let worker = try queue.makeWorker()
        _ = try worker.claim(upToRows: 1)
        #expect(try before(edge) == (Limits.claimedChunks - 1, false))
    }
}
