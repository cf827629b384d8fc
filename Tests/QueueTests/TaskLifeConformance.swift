import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// A task's way from its acceptance to its results.
@Suite struct TaskLifeConformance {
    typealias Engine = QueueHarness.Engine

    @Test(arguments: Engine.allCases)
    func `a submitted row waits, runs once and ends completed with its result in the task`(engine: Engine) async throws
    {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[21]])
        #expect(try queue.task(id).task.status == .pending)
        #expect(try queue.task(id).task.rows == .init(total: 1))

        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim())
        #expect(try queue.task(id).task.status == .processing)
        #expect(try queue.task(id).task.rows == .init(total: 1, processing: 1))

        #expect(try worker.complete(claim) == 0)
        let ended = try queue.task(id)
        #expect(ended.task.status == .completed)
        #expect(ended.task.rows == .init(total: 1, succeeded: 1))
        #expect(ended.result?.values == [42])
        #expect(try worker.claim() == nil)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `rows come out in order across chunks and pages, each once`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1, 2, 3, 4], [5], [6, 7]])
        try queue.makeWorker().drain()
        #expect(try queue.task(id).task.status == .completed)
        for pageRows in 1...8 {
            #expect(try queue.results(id, pageRows: pageRows) == [2, 4, 6, 8, 10, 12, 14])
        }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `results are read up to the first chunk that is not done`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2], [3]])
        let worker = try queue.makeWorker()
        let first = try #require(try worker.claim(upToRows: 1))
        let second = try #require(try worker.claim(upToRows: 1))
        _ = try worker.complete(second)
        #expect(try queue.results(id) == [])
        _ = try worker.complete(first)
        #expect(try queue.results(id) == [2, 4])
        #expect(try queue.task(id).task.rows == .init(total: 3, succeeded: 2))
    }

    @Test(arguments: Engine.allCases)
    func `faulty rows fail alone and the task ends with errors`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let request = queue.request()
        let fault = RowFault(row: 1, line: 3, pointer: "/x", code: .wrongType, message: "Give a number.")
        try await queue.submissions.submit(
            request,
            chunks: [IncomingChunk(rows: Rows(count: 3, columns: [.float([1, 3])], faults: [fault]), bytes: 1)])
        try queue.makeWorker().drain()
        #expect(try queue.task(request.draft.id).task.status == .completedWithErrors)
        #expect(try queue.task(request.draft.id).task.rows == .init(total: 3, succeeded: 2, failed: 1))
        #expect(try queue.results(request.draft.id) == [2, nil, 6])
    }

    @Test(arguments: Engine.allCases)
    func `a task of which no row succeeds has failed`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let request = queue.request()
        let fault = RowFault(row: 0, code: .blankText, message: "Give a text.")
        try await queue.submissions.submit(
            request, chunks: [IncomingChunk(rows: Rows(count: 1, columns: [.float([])], faults: [fault]), bytes: 1)])
        try queue.makeWorker().drain()
        #expect(try queue.task(request.draft.id).task.status == .failed)
    }

    @Test(arguments: Engine.allCases)
    func `rows run while more of them arrive and the task ends only after its seal`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let request = queue.request()
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1, 2])], to: receiving)
        try worker.drain()
        #expect(try queue.task(request.draft.id).task.status == .processing)
        #expect(try queue.task(request.draft.id).task.input == .receiving)
        #expect(try queue.results(request.draft.id) == [2, 4])

        try await queue.submissions.append([QueueHarness.chunk([3])], to: receiving)
        try await queue.submissions.seal(receiving)
        #expect(try queue.task(request.draft.id).task.status == .processing)
        try worker.drain()
        let ended = try queue.task(request.draft.id).task
        #expect(ended.status == .completed)
        #expect(ended.inputBytes == 10)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a task whose rows are all done ends with its seal`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let request = queue.request()
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        try worker.drain()
        try await queue.submissions.seal(receiving)
        #expect(try queue.task(request.draft.id).task.status == .completed)
        await #expect(throws: QueueError.self) { try await queue.submissions.seal(receiving) }
    }

    @Test(arguments: Engine.allCases)
    func `a broken upload fails, keeps what was scored and takes no more rows`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let request = queue.request()
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1]), QueueHarness.chunk([2])], to: receiving)
        _ = try worker.complete(try #require(try worker.claim(upToRows: 1)))
        let running = try #require(try worker.claim(upToRows: 1))
        try await queue.submissions.append([QueueHarness.chunk([3])], to: receiving)
        try await queue.submissions.abandon(receiving, because: .uploadIncomplete)

        #expect(try queue.task(request.draft.id).task.status == .cancelling, "a chunk still runs")
        #expect(try worker.complete(running) == 0)
        _ = try queue.makeUpkeep().stop()
        let ended = try queue.task(request.draft.id).task
        #expect(ended.status == .failed)
        #expect(ended.failure == .uploadIncomplete)
        #expect(ended.rows == .init(total: 3, succeeded: 2, cancelled: 1))
        #expect(try queue.results(request.draft.id) == [2, 4])
        await #expect(throws: QueueError.self) {
            try await queue.submissions.append([QueueHarness.chunk([4])], to: receiving)
        }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `another owner's task is not found`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1]])
        #expect(try queue.tasks.task(id, owner: "somebody") == nil)
    }

    @Test(arguments: Engine.allCases)
    func `a task that was answered in its own request leaves no record when its time is over`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.draft.source = .sync
        try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([1])])
        try queue.makeWorker().drain()
        #expect(try queue.task(request.draft.id).task.status == .completed)
        queue.clock.advance(by: QueueHarness.retention)
        _ = try queue.makeUpkeep().sweep()
        #expect(throws: QueueHarness.Missing.self) { try queue.task(request.draft.id) }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `results are swept when their time is over and the record stays`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let several = try await queue.submit([[1, 2], [3]])
        try queue.makeWorker().drain()
        let upkeep = try queue.makeUpkeep()
        #expect(try upkeep.sweep() == false)
        #expect(try queue.results(several) == [2, 4, 6])

        queue.clock.advance(by: QueueHarness.retention)
        #expect(try upkeep.sweep() == false)
        let swept = try queue.task(several)
        #expect(swept.isSwept)
        #expect(swept.task.status == .completed)
        #expect(try queue.results(several) == [])
    }

    @Test func `an upload waits while the log is full, and goes on when it has been emptied`() async throws {
        let queue = try QueueHarness(.sqlite)
        let receiving = try await queue.submissions.open(queue.request(), receiver: queue.makeOwner(.api))
        let writer = try queue.database.makeWriter(.relaxed)
        try writer.transaction {
            try $0.run("INSERT INTO payload VALUES (-1, zeroblob(?))", .integer(Limits.logBytes))
        }
        try writer.transaction { try $0.run("DELETE FROM payload WHERE chunk = -1") }
        let submissions = queue.submissions
        let appended = Task { try await submissions.append([QueueHarness.chunk([1])], to: receiving) }
        // Submissions of their own pass meanwhile, each with a commit that the upload could have shared.
        for number in 0..<20 { try await queue.submit([[Float(number)]]) }
        #expect(try queue.task(receiving.id).task.rows.total == 0)
        #expect(try queue.makeUpkeep().checkpoint(isIdle: true) == false)
        try await appended.value
        #expect(try queue.task(receiving.id).task.rows.total == 1)
    }

    /// Sealing once set the start of a task that nobody had begun, so that its speed was measured from its acceptance.
    @Test(arguments: Engine.allCases)
    func `a sealed task has not started before its first run`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit([[1], [2]])
        #expect(try queue.task(id).task.startedAt == nil)
        try queue.makeWorker().drain()
        #expect(try queue.task(id).task.startedAt == WallTime(milliseconds: 5))
    }
}
