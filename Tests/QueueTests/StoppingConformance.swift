import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Every way to stop a task, in every state that a task can be stopped in.
@Suite struct StoppingConformance {
    typealias Engine = QueueHarness.Engine

    /// Where a task stands when it is stopped.
    enum Stage: String, CaseIterable, Sendable {
        /// Its rows arrive in one request; some wait.
        case receiving
        /// Its rows come later, and nobody sends any now.
        case pausedUpload
        case ready
        case leased
        /// One chunk is scored, one runs, one waits.
        case underWay
        /// Nothing may run before all rows are here, and they are not.
        case held
        case notBefore
        case backoff
        /// A task of one row, which carries it itself.
        case single
        case runningSingle
    }

    enum Way: String, CaseIterable, Sendable { case cancel, deadline, purge }

    /// Brings a task of three rows, or of one, to a stage.
    private struct Staged {
        var request: Submissions.Request
        var claim: Claim?
        var receiving: Submissions.Receiving?
        let worker: QueueHarness.Worker
        let owner: Owner
    }

    private func stage(_ stage: Stage, kept: KeptInput, in queue: QueueHarness) async throws -> Staged {
        var request = queue.uploadRequest()
        request.draft.deadline = queue.clock.wall.now + .seconds(30)
        request.draft.kept = kept
        var staged = Staged(request: request, worker: try queue.makeWorker(), owner: try queue.makeOwner(.api))
        let chunks: [IncomingChunk] = [[1], [2], [3]].map {
            kept == .records ? QueueHarness.chunkWithRecords($0) : QueueHarness.chunk($0)
        }
        switch stage {
        case .receiving, .held:
            staged.request.isHeld = stage == .held
            staged.receiving = try await queue.submissions.open(staged.request, receiver: staged.owner)
            try await queue.submissions.append(chunks, to: staged.receiving!)
        case .pausedUpload:
            try await queue.submissions.open(later: request)
            let receiving = try await queue.submissions.resume(
                queue.task(request.draft.id), as: request, at: 0, receiver: staged.owner
            ).receiving
            try await queue.submissions.append(chunks, to: receiving)
            try await queue.submissions.pause(receiving)
        case .notBefore:
            staged.request.notBefore = queue.clock.wall.now + .seconds(3_600)
            try await queue.submissions.submit(staged.request, chunks: chunks)
        case .ready, .leased, .underWay, .backoff:
            try await queue.submissions.submit(request, chunks: chunks)
            if stage == .ready { break }
            if stage == .underWay {
                _ = try staged.worker.complete(#require(try staged.worker.claim(upToRows: 1)))
            }
            staged.claim = try staged.worker.claim(upToRows: stage == .leased ? 3 : 1)
            if stage == .backoff {
                try staged.worker.leases.retry(staged.claim!.chunks[0], of: staged.claim!, after: .seconds(3_600))
                staged.claim = nil
            }
        case .single, .runningSingle:
            staged.request.input = nil
            try await queue.submissions.submit(staged.request, chunks: [QueueHarness.chunk([1])])
            if stage == .runningSingle { staged.claim = try staged.worker.claim() }
        }
        return staged
    }

    private func stop(_ way: Way, _ staged: Staged, in queue: QueueHarness) async throws {
        let stored = try queue.task(staged.request.draft.id)
        switch way {
        case .cancel: #expect(try await queue.submissions.cancel(stored))
        case .purge: try await queue.submissions.purge(stored)
        case .deadline: queue.clock.advance(by: .seconds(30))
        }
    }

    @Test(arguments: Stage.allCases, Way.allCases)
    func `a stopped task ends, its counts add up, and nothing of it is left when it was purged`(
        stage: Stage, way: Way
    ) async throws {
        // Each stage meets each kind of kept input once, and so does each way: all threefold pairs would take seconds.
        let turn = try #require(Stage.allCases.firstIndex(of: stage)) + #require(Way.allCases.firstIndex(of: way))
        let kept = [KeptInput.none, .records, .columns][turn % 3]
        for engine in Engine.allCases {
            let queue = try QueueHarness(engine)
            let upkeep = try queue.makeUpkeep()
            let staged = try await self.stage(stage, kept: kept, in: queue)
            let id = staged.request.draft.id
            #expect(try queue.invariantFaults() == [])
            try await stop(way, staged, in: queue)
            #expect(try queue.invariantFaults() == [])
            try queue.keepHouse(upkeep)
            #expect(try queue.invariantFaults() == [])
            try await endWhatRuns(staged, upkeep, in: queue)
            try check(id, stage, way, in: queue)
            queue.clock.advance(by: QueueHarness.retention)
            try queue.keepHouse(upkeep)
            #expect(try queue.leftovers(id) == [:])
            #expect(try queue.invariantFaults() == [])
            #expect(try staged.worker.claim() == nil)
        }
    }

    /// Lets a worker and a sender find out that their task was stopped.
    private func endWhatRuns(_ staged: Staged, _ upkeep: Upkeep, in queue: QueueHarness) async throws {
        if let claim = staged.claim {
            #expect(try queue.task(staged.request.draft.id).task.status == .cancelling, "a chunk still runs")
            #expect(try staged.worker.complete(claim) == 0)
            try queue.keepHouse(upkeep)
        }
        guard let receiving = staged.receiving else { return }
        await #expect(throws: QueueError.notReceiving) {
            try await queue.submissions.append([QueueHarness.chunk([4])], to: receiving)
        }
        await #expect(throws: QueueError.notReceiving) { try await queue.submissions.seal(receiving) }
        try await queue.submissions.abandon(receiving, because: .uploadIncomplete)
    }

    private func check(_ id: TaskID, _ stage: Stage, _ way: Way, in queue: QueueHarness) throws {
        if way == .purge, stage == .single || stage == .runningSingle {
            #expect(try queue.leftovers(id) == [:])
            #expect(throws: QueueHarness.Missing.self, "one row goes with its record") { try queue.task(id) }
            return
        }
        let ended = try queue.task(id)
        let total = stage == .single || stage == .runningSingle ? 1 : 3
        let done = stage == .leased ? 3 : stage == .underWay ? 2 : stage == .runningSingle ? 1 : 0
        #expect(ended.task.status == (way == .deadline ? .expired : .cancelled))
        #expect(ended.task.failure == nil)
        #expect(ended.task.rows.pending == 0)
        let rest = way == .deadline ? ended.task.rows.expired : ended.task.rows.cancelled
        #expect(rest == total - done)
        #expect(ended.task.rows.succeeded == done)
        if way == .purge {
            #expect(ended.isSwept)
            #expect(try queue.leftovers(id) == [:])
        } else {
            #expect(try queue.results(id) == [Float?](([2, 4, 6] as [Float?]).prefix(done)))
        }
        #expect(try queue.tasks.waitingRows() == 0)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases, [true, false])
    func `a deadline that passes as the last chunk completes ends the task once, whoever is first`(
        engine: Engine, isCompletedFirst: Bool
    ) async throws {
        let queue = try QueueHarness(engine)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        var request = queue.request()
        request.draft.deadline = queue.clock.wall.now + .seconds(30)
        try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([1, 2]), QueueHarness.chunk([3])])
        let claim = try #require(try worker.claim())
        queue.clock.advance(by: .seconds(30))
        if isCompletedFirst { _ = try worker.complete(claim) }
        try upkeep.expire()
        if !isCompletedFirst { _ = try worker.complete(claim) }
        try queue.keepHouse(upkeep)
        let ended = try queue.task(request.draft.id).task
        #expect(ended.status == (isCompletedFirst ? .completed : .expired))
        #expect(ended.rows == .init(total: 3, succeeded: 3))
        #expect(try queue.results(request.draft.id) == [2, 4, 6])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `chunks of a worker that dies while its task is stopped never run again`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        let id = try await queue.submit([[1], [2]])
        var worker: QueueHarness.Worker? = try queue.makeWorker()
        _ = try #require(try worker?.claim())
        #expect(try await queue.submissions.cancel(queue.task(id)))
        worker = nil
        try queue.keepHouse(upkeep)
        #expect(try queue.task(id).task.rows == .init(total: 2, cancelled: 2))
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `the first reason to stop a task is the one it ends with`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        var request = queue.request()
        request.draft.deadline = queue.clock.wall.now + .seconds(1)
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        queue.clock.advance(by: .seconds(1))
        try upkeep.expire()
        #expect(try await queue.submissions.cancel(queue.task(request.draft.id)) == false)
        try await queue.submissions.abandon(receiving, because: .uploadIncomplete)
        try queue.keepHouse(upkeep)
        #expect(try queue.task(request.draft.id).task.status == .expired)
        #expect(try queue.task(request.draft.id).task.failure == nil)
    }

    @Test(arguments: Engine.allCases)
    func `very many tasks whose deadline passes at once are all stopped`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        let submissions = queue.submissions
        let requests = (0..<2 * Limits.sweptTasks + 1).map { _ in
            var request = queue.request()
            request.draft.deadline = queue.clock.wall.now + .seconds(1)
            return request
        }
        try await withThrowingTaskGroup { group in
            for request in requests {
                group.addTask { try await submissions.submit(request, chunks: [QueueHarness.chunk([1])]) }
            }
            try await group.waitForAll()
        }
        queue.clock.advance(by: .seconds(1))
        try queue.keepHouse(upkeep)
        for _ in 0..<3 { _ = try upkeep.stop() }
        for request in requests { #expect(try queue.task(request.draft.id).task.status == .expired) }
        #expect(try queue.invariantFaults() == [])
    }

    // MARK: What is kept

    @Test(arguments: Engine.allCases)
    func `results are kept as long as their caller said`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        var requests = (0..<3).map { _ in queue.request() }
        requests[0].draft.keepFor = .seconds(10)
        requests[1].draft.keepFor = QueueHarness.retention * 2
        for request in requests {
            try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([1]), QueueHarness.chunk([2])])
        }
        try queue.makeWorker().drain()
        func kept() throws -> [Bool] { try requests.map { try !queue.leftovers($0.draft.id).isEmpty } }
        let waits = [
            (Duration.milliseconds(9_999), [true, true, true]), (.milliseconds(1), [false, true, true]),
            (QueueHarness.retention - .seconds(10), [false, true, false]),
            (QueueHarness.retention, [false, false, false]),
        ]
        for (wait, expected) in waits {
            queue.clock.advance(by: wait)
            try queue.keepHouse(upkeep)
            #expect(try kept() == expected)
            #expect(try queue.invariantFaults() == [])
        }
    }

    @Test(arguments: Engine.allCases)
    func `a forgotten task leaves nothing, and the next one inherits nothing`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.uploadRequest()
        request.draft.kept = .records
        request.key = IdempotencyKey("spring", fingerprint: [UInt8](repeating: 1, count: 32))
        let forgotten = request
        let chunks = [QueueHarness.chunkWithRecords([1]), QueueHarness.chunkWithRecords([2])]
        try await queue.submissions.submit(forgotten, chunks: chunks)
        let stored = try queue.task(request.draft.id)
        try await queue.submissions.forget(stored)
        #expect(try queue.task(request.draft.id).task.status == .pending, "it has not ended")
        #expect(try queue.invariantFaults() == [])
        try queue.makeWorker().drain()
        #expect(try queue.leftovers(request.draft.id) == ["record": 2, "result": 2, "input": 1])
        try await queue.submissions.forget(stored)
        #expect(try queue.tasks.task(request.draft.id, owner: "local") == nil)
        #expect(try queue.invariantFaults() == [])

        var next = queue.uploadRequest()
        next.key = request.key
        let second = next
        try await queue.submissions.submit(second, chunks: chunks)
        try queue.makeWorker().drain()
        #expect(try queue.results(next.draft.id) == [2, 4])
        #expect(try queue.invariantFaults() == [])
    }

    /// SQLite gives the key of its newest row again when that row was deleted.
    ///
    /// Whoever still had the forgotten task in hand, such as a stream of its results, read those of the next task, which may
    /// be another caller's, and could stop it.
    @Test(arguments: Engine.allCases)
    func `the key of a forgotten task is never given again`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        var keys: [Int64] = []
        var old: StoredTask?
        for number in 0..<3 {
            let id = try await queue.submit([[Float(number), 1], [2]])
            if let old {
                #expect(try await !queue.submissions.cancel(old), "it stopped another task")
                #expect(try queue.task(id).task.status == .pending)
            }
            try worker.drain()
            let stored = try queue.task(id)
            if let old { #expect(try queue.tasks.results(of: old, from: .start, limit: 9).parts.isEmpty) }
            keys.append(stored.key)
            try await queue.submissions.forget(stored)
            old = stored
        }
        #expect(Set(keys).count == 3 && keys == keys.sorted(), "\(keys)")
        #expect(try queue.invariantFaults() == [])
    }
}
