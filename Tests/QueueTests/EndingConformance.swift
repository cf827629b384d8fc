import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Tasks that are stopped before their end, and tasks that are deleted.
@Suite struct EndingConformance {
    typealias Engine = QueueHarness.Engine

    @Test(arguments: Engine.allCases)
    func `a cancelled task keeps what is scored and frees what waits`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2], [3], [4]])
        let worker = try queue.makeWorker()
        let upkeep = try queue.makeUpkeep()
        _ = try worker.complete(try #require(try worker.claim(upToRows: 1)))
        let running = try #require(try worker.claim(upToRows: 1))

        #expect(try await queue.submissions.cancel(queue.task(id)))
        #expect(try await queue.submissions.cancel(queue.task(id)) == false)
        #expect(try upkeep.stop() == false)
        #expect(try queue.task(id).task.status == .cancelling)
        #expect(try worker.claim() == nil)

        #expect(try worker.complete(running) == 0)
        _ = try upkeep.stop()
        let ended = try queue.task(id).task
        #expect(ended.status == .cancelled)
        #expect(ended.rows == .init(total: 4, succeeded: 2, cancelled: 2))
        #expect(try queue.results(id) == [2, 4])
        #expect(try queue.tasks.waitingRows() == 0)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a parked chunk and an open upload are stopped too`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let upkeep = try queue.makeUpkeep()
        let receiving = try await queue.submissions.open(queue.request(), receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        let claim = try #require(try worker.claim())
        try worker.leases.retry(claim.chunks[0], of: claim, after: .seconds(60))
        #expect(try await queue.submissions.cancel(queue.task(receiving.id)))
        _ = try upkeep.stop()
        #expect(try queue.task(receiving.id).task.status == .cancelled)
        await #expect(throws: QueueError.self) {
            try await queue.submissions.append([QueueHarness.chunk([2])], to: receiving)
        }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a task of very many chunks is stopped in bounded steps`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[Float]](repeating: [1], count: 2 * Limits.sweptChunks + 1))
        let upkeep = try queue.makeUpkeep()
        #expect(try await queue.submissions.cancel(queue.task(id)))
        #expect(try upkeep.stop())
        #expect(try upkeep.stop())
        #expect(try !upkeep.stop())
        #expect(try queue.task(id).task.status == .cancelled)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `an ended task cannot be cancelled`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1]])
        try queue.makeWorker().drain()
        #expect(try await queue.submissions.cancel(queue.task(id)) == false)
        #expect(try queue.task(id).task.status == .completed)
    }

    @Test(arguments: Engine.allCases)
    func `a purged task hides its results at once and loses them soon, ended or not`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        let ended = try await queue.submit([[1, 2], [3]])
        try queue.makeWorker().drain()
        let waiting = try await queue.submit([[4], [5]])
        for id in [ended, waiting] {
            try await queue.submissions.purge(queue.task(id))
            #expect(try queue.task(id).isSwept)
        }
        _ = try upkeep.stop()
        _ = try upkeep.sweep()
        #expect(try queue.task(waiting).task.status == .cancelled)
        let left = try queue.read { connection in
            try connection.first("SELECT (SELECT count(*) FROM result) + (SELECT count(*) FROM payload)") { $0.int(0) }
        }
        #expect(left == 0)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `lists are newest first, by pages, and filtered`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var ids: [TaskID] = []
        for number in 0..<5 {
            ids.append(try await queue.submit([[Float(number)]]))
            queue.clock.advance(by: .milliseconds(2))
        }
        try queue.makeWorker().drain()
        let waiting = try await queue.submit([[9]])
        func list(_ filter: TaskFilter, _ limit: Int = 100) throws -> [TaskID] {
            try queue.tasks.list(owner: "local", filter, limit: limit).tasks.map(\.task.id)
        }
        #expect(try list(TaskFilter()) == [waiting] + ids.reversed())
        #expect(try list(TaskFilter(before: ids[3]), 2) == [ids[2], ids[1]])
        #expect(try list(TaskFilter(status: .pending)) == [waiting])
        #expect(try list(TaskFilter(model: "echo", version: "v1")).count == 6)
        #expect(try list(TaskFilter(model: "other")) == [])
        #expect(try queue.tasks.list(owner: "else", TaskFilter(), limit: 9).tasks.isEmpty)
    }
}
