import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Models that may not run, rows that kill, rows that are dead, and events that must be told.
@Suite struct FailureConformance {
    typealias Engine = QueueHarness.Engine

    private func administration(_ queue: QueueHarness) -> Administration {
        Administration(
            committer: queue.committer, readers: queue.database.makeReaders(), models: queue.models,
            doorbell: queue.doorbell, clock: queue.clock.wall)
    }

    @Test(arguments: Engine.allCases)
    func `a paused model takes rows and runs none until it is resumed, by its name or with all`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let administration = administration(queue)
        let worker = try queue.makeWorker()
        for name in ["echo", nil] {
            try await administration.pause(name)
            let id = try await queue.submit([[1]])
            #expect(try worker.claim() == nil)
            #expect(try administration.standstill().isAllPaused == (name == nil))
            try await administration.resume("another")
            #expect(try worker.claim() == nil)
            try await administration.resume(name)
            try worker.drain()
            #expect(try queue.task(id).task.status == .completed)
        }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a model whose runs fail one after the other rests, tries one chunk, and works again`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        for _ in 0..<Limits.breakerFailures + 2 { try await queue.submit([[1]]) }
        for _ in 0..<Limits.breakerFailures {
            let claim = try #require(try worker.claim(upToRows: 1))
            try worker.leases.retry(claim.chunks[0], of: claim, after: .seconds(1))
        }
        #expect(try worker.claim() == nil, "the breaker is open")
        #expect(try administration(queue).standstill().failing.map(\.model) == [QueueHarness.identity])
        queue.clock.advance(by: Limits.breakerPause)
        let probe = try #require(try worker.claim())
        #expect(probe.chunks.count == 1)
        #expect(try worker.claim() == nil, "one tries, the others wait")
        // It fails again: the next rest is longer.
        try worker.leases.retry(probe.chunks[0], of: probe, after: .seconds(1))
        queue.clock.advance(by: Limits.breakerPause)
        #expect(try worker.claim() == nil)
        queue.clock.advance(by: Limits.breakerPause)
        let second = try #require(try worker.claim())
        _ = try worker.complete(second)
        try queue.makeUpkeep().promote()
        try worker.drain()
        #expect(try queue.tasks.waitingRows() == 0)
        #expect(try administration(queue).standstill().failing.map(\.model) == [])
        #expect(try queue.invariantFaults() == [])
    }

    /// Runs chunks as the worker does, and dies wherever the killer runs.
    ///
    /// - Returns: whether it died.
    private func runUntilDeath(_ worker: QueueHarness.Worker, killer: Float) throws -> Bool {
        while let claim = try worker.claim() {
            for chunk in claim.chunks {
                let rows = try Rows(payload: chunk.payload!.body)
                guard case .float(let numbers) = rows.columns[0] else { throw QueueHarness.Missing() }
                guard chunk.crashes > 0 else {
                    if numbers.contains(killer) { return true }
                    continue
                }
                for piece in chunk.suspicion.pieces(of: rows.count) {
                    try worker.leases.test(piece, of: chunk, in: claim)
                    if numbers[piece].contains(killer) { return true }
                }
            }
            let finished = try claim.chunks.map { chunk in
                let rows = try Rows(payload: chunk.payload!.body)
                guard case .float(let numbers) = rows.columns[0] else { throw QueueHarness.Missing() }
                let faults = chunk.suspicion.poison.map {
                    RowFault(row: $0, code: .workerCrashed, message: "It killed.")
                }
                let values = numbers.indices.filter { !chunk.suspicion.poison.contains($0) }.map {
                    Double(numbers[$0]) * 2
                }
                return FinishedChunk(
                    chunk, predictions: Predictions(count: rows.count, width: 1, values: values, faults: faults),
                    startedAt: WallTime(milliseconds: 1))
            }
            _ = try worker.leases.complete(finished, of: claim)
        }
        return false
    }

    @Test(arguments: Engine.allCases)
    func `one row of a thousand that kills its worker fails alone, after a few deaths`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let upkeep = try queue.makeUpkeep()
        let numbers = (0..<1_000).map { Float($0) }
        let neighbour = try await queue.submit([[5_000, 5_001]])
        let id = try await queue.submit([numbers])
        var deaths = 0
        var worker = try queue.makeWorker()
        while try runUntilDeath(worker, killer: 617) {
            deaths += 1
            try #require(deaths < 10)
            // The old worker's lock is freed with it, as the kernel does.
            worker = try queue.makeWorker()
            _ = try upkeep.rescue()
        }
        let ended = try queue.task(id).task
        #expect(ended.rows == .init(total: 1_000, succeeded: 999, failed: 1))
        let results = try queue.results(id, pageRows: 1_000)
        #expect(results[617] == nil)
        #expect(results.enumerated().allSatisfy { $0 == 617 || $1 == Float($0) * 2 })
        #expect(try queue.task(neighbour).task.status == .completed)
        #expect(try queue.tasks.dead(owner: "local", before: nil, limit: 9).map(\.rows) == [1])
        #expect(deaths <= 6)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `dead rows are listed until they run again`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        var request = queue.request()
        request.draft.kept = .columns
        try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([1, 2])])
        let claim = try #require(try worker.claim())
        let dead = Predictions(
            count: 2, width: 1, values: [2],
            faults: [RowFault(row: 1, code: .predictionFailed, message: "It failed.")])
        _ = try worker.leases.complete(
            [FinishedChunk(claim.chunks[0], predictions: dead, startedAt: WallTime(milliseconds: 1))], of: claim)
        #expect(try queue.tasks.dead(owner: "local", before: nil, limit: 9).map(\.task.task.id) == [request.draft.id])
        #expect(try queue.tasks.dead(owner: "another", before: nil, limit: 9).isEmpty)
        var again = queue.request()
        again.draft.parent = .init(try queue.task(request.draft.id), .retry)
        try await queue.submissions.submit(again, chunks: [QueueHarness.chunk([2])])
        #expect(try queue.tasks.dead(owner: "local", before: nil, limit: 9).isEmpty)
    }

    @Test(arguments: Engine.allCases)
    func `a task's end is put down to be told, once, however it ends`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let upkeep = try queue.makeUpkeep()
        func submit(_ webhook: String?) async throws -> TaskID {
            var request = queue.request()
            request.draft.webhook = webhook
            try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([1])])
            return request.draft.id
        }
        _ = try await submit(nil)
        _ = try await submit("https://example.org/told")
        try worker.drain()
        let cancelled = try await submit("https://example.org/told")
        _ = try await queue.submissions.cancel(queue.task(cancelled))
        try upkeep.stop()
        let events = try queue.read { try $0.all("SELECT event FROM outbox ORDER BY key") { $0.text(0) } }
        #expect(events == ["task.completed", "task.cancelled"])
    }

    @Test(arguments: Engine.allCases)
    func `rows that waited long do not run for as long ahead of all others`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let worker = try queue.makeWorker()
        let large = [[Float]](repeating: [Float](repeating: 1, count: 1_000), count: 20)
        var held = queue.request()
        held.notBefore = queue.clock.wall.now + .seconds(60)
        try await queue.submissions.submit(held, chunks: large.map(QueueHarness.chunk))
        // Much else runs meanwhile.
        try await queue.submit(large + large)
        try worker.drain()
        queue.clock.advance(by: .seconds(60))
        try queue.makeUpkeep().promote()
        _ = try worker.claim(upToRows: 1)
        let small = try await queue.submit([[7]])
        let next = try #require(try worker.claim(upToRows: 1))
        #expect(next.chunks[0].key.task == (try queue.task(small).key))
    }
}
