import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// How much is taken on, and what becomes of the rest.
@Suite struct RoomConformance {
    typealias Engine = QueueHarness.Engine

    @Test(arguments: Engine.allCases)
    func `rows beyond the room are refused until others are done`(engine: Engine) async throws {
        let queue = try QueueHarness(engine, room: Room(rows: 3))
        await #expect(throws: QueueError.tooManyRows(limit: 3)) { try await queue.submit([[1, 2], [3, 4]]) }
        try await queue.submit([[1, 2], [3]])
        await #expect(throws: QueueError.full(waiting: 3, limit: 3)) { try await queue.submit([[4]]) }
        await #expect(throws: QueueError.full(waiting: 3, limit: 3)) { try await queue.submissions.probe() }
        let worker = try queue.makeWorker()
        // Rows that run still wait for their end.
        let claim = try #require(try worker.claim(upToRows: 1))
        await #expect(throws: QueueError.full(waiting: 3, limit: 3)) { try await queue.submit([[4]]) }
        _ = try worker.complete(claim)
        try await queue.submit([[4]])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a stream waits for room, and goes on when there is some`(engine: Engine) async throws {
        let queue = try QueueHarness(engine, room: Room(rows: 2))
        let owner = try queue.makeOwner(.api)
        let receiving = try await queue.submissions.open(queue.request(), receiver: owner)
        try await queue.submissions.append([QueueHarness.chunk([1, 2])], to: receiving)
        let submissions = queue.submissions
        async let appended: Void = submissions.append([QueueHarness.chunk([3])], to: receiving)
        try queue.makeWorker().drain()
        try await appended
        try await queue.submissions.seal(receiving)
        try queue.makeWorker().drain()
        #expect(try queue.results(receiving.id) == [2, 4, 6])
    }

    @Test func `bytes beyond the room are refused until others are deleted`() async throws {
        let queue = try QueueHarness(.sqlite, room: Room(bytes: 1 << 20))
        let rows = [Float](repeating: 0.5, count: 4_096)
        var tasks: [TaskID] = []
        await #expect(throws: QueueError.storageFull(bytes: 1 << 20)) {
            for number in 0..<1_000 { tasks.append(try await queue.submit([rows.map { $0 + Float(number) }])) }
        }
        try queue.makeWorker().drain()
        let upkeep = try queue.makeUpkeep()
        queue.clock.advance(by: QueueHarness.retention)
        try queue.keepHouse(upkeep)
        try await queue.submit([rows])
        #expect(tasks.count > 10)
        #expect(try queue.invariantFaults() == [])
    }
}
