import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// The order between models: a model that stood still comes back without a debt of time, and nobody waits out its backlog.
@Suite struct OrderConformance {
    typealias Engine = QueueHarness.Engine

    /// Why nothing of a model runs for a while.
    enum Standstill: CaseIterable, Sendable {
        case pause
        case breaker
        case noWorker
        case schedule
    }

    /// A slow model, which stands still, and a fast one, which goes on.
    private struct Scene {
        let queue: QueueHarness
        let worker: QueueHarness.Worker
        let slow: Int64
        let fast: Int64

        init(_ engine: Engine) throws {
            queue = try QueueHarness(engine)
            worker = try queue.makeWorker()
            slow = worker.model
            fast = try queue.database.makeWriter(.durable).transaction {
                try ModelTable.key(of: Self.fastIdentity, output: QueueHarness.output, in: $0)
            }
        }

        static let fastIdentity = ModelIdentity(model: "fast", version: "v1", digest: "01")

        /// Microseconds that a row of the slow model takes: four rows fill a run.
        static let slowCost = 10_000.0

        @discardableResult
        func submit(slow rows: [Float], chunkRows: Int = 4, notBefore: WallTime? = nil) async throws -> TaskID {
            var request = queue.request()
            request.rowCost = Self.slowCost
            request.notBefore = notBefore
            return try await submit(request, rows, chunkRows)
        }

        @discardableResult
        func submit(fast rows: [Float], chunkRows: Int = 100) async throws -> TaskID {
            var request = queue.request()
            request.model = Self.fastIdentity
            return try await submit(request, rows, chunkRows)
        }

        private func submit(
            _ request: Submissions.Request, _ rows: [Float], _ chunkRows: Int
        ) async throws -> TaskID {
            let chunks = stride(from: 0, to: rows.count, by: chunkRows).map {
                QueueHarness.chunk(Array(rows[$0..<min($0 + chunkRows, rows.count)]))
            }
            try await queue.submissions.submit(request, chunks: chunks)
            return request.draft.id
        }

        /// Runs a chunk of whichever model has its turn.
        ///
        /// - Returns: the model; nil when nothing waits.
        func run(of models: [Int64]? = nil) throws -> Int64? {
            guard let claim = try worker.leases.claim(of: models ?? [slow, fast], upToRows: { _ in 1 }) else {
                return nil
            }
            _ = try worker.complete(claim)
            return claim.model
        }

        /// Runs until a task has ended.
        ///
        /// - Returns: the chunks that ran before it.
        func runs(until task: TaskID, most: Int = 60) throws -> Int {
            for count in 0..<most {
                _ = try run()
                if try queue.task(task).task.status.isFinal { return count }
            }
            return most
        }

        func stop(_ standstill: Standstill) async throws {
            switch standstill {
            case .pause: try await administration.pause("echo")
            case .breaker: try openBreaker()
            case .noWorker, .schedule: break
            }
        }

        func goOn(_ standstill: Standstill) async throws {
            switch standstill {
            case .pause: try await administration.resume("echo")
            case .breaker: try closeBreaker()
            case .noWorker: break
            case .schedule:
                queue.clock.advance(by: .seconds(60))
                try queue.keepHouse(queue.makeUpkeep())
            }
        }

        private var administration: Administration {
            Administration(
                committer: queue.committer, readers: queue.database.makeReaders(), models: queue.models,
                doorbell: queue.doorbell, clock: queue.clock.wall)
        }

        private func openBreaker() throws {
            try queue.database.makeWriter(.durable).transaction { connection in
                for _ in 0..<Limits.breakerFailures {
                    _ = try BreakerTable.fail(slow, at: queue.clock.wall.now, in: connection)
                }
            }
        }

        /// Waits out the pause, after which one chunk tries and succeeds.
        private func closeBreaker() throws {
            queue.clock.advance(by: Limits.breakerLongestPause)
            _ = try run(of: [slow])
        }
    }

    private static let numbers = (0..<160).map(Float.init)

    /// One order for all models let the lowest ranks run first: those of the model that had stood still, all of them.
    @Test(arguments: Engine.allCases, Standstill.allCases)
    func `whatever comes when a model goes on waits for about one run, of this model and of another`(
        engine: Engine, standstill: Standstill
    ) async throws {
        let scene = try Scene(engine)
        let start = standstill == .schedule ? scene.queue.clock.wall.now + .seconds(60) : nil
        try await scene.submit(slow: Self.numbers, notBefore: start)
        try await scene.stop(standstill)
        // Meanwhile the other model does far more work than the backlog holds.
        for _ in 0..<100 {
            try await scene.submit(fast: Self.numbers)
            while try scene.run(of: standstill == .pause ? nil : [scene.fast]) != nil {}
        }
        // Somebody asks while the model still stands, too.
        let early = try await scene.submit(slow: [1])
        try await scene.goOn(standstill)
        let other = try await scene.submit(fast: [1])
        let same = try await scene.submit(slow: [1])
        #expect(try scene.runs(until: other) <= 3)
        #expect(try scene.runs(until: same) <= 3)
        #expect(try scene.queue.task(early).task.status.isFinal)
        #expect(try scene.queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `a model that came back has its share, and is not put off either`(engine: Engine) async throws {
        let scene = try Scene(engine)
        try await scene.submit(slow: Self.numbers)
        try await scene.stop(.pause)
        try await scene.submit(fast: (0..<40_000).map(Float.init), chunkRows: 800)
        for _ in 0..<10 { _ = try scene.run() }
        try await scene.goOn(.pause)
        let runs = try (0..<20).map { _ in try scene.run() }
        let slowRuns = runs.count { $0 == scene.slow }
        // A chunk of either costs as much: 800 rows of 50 µs, 4 rows of 10 ms.
        #expect((8...12).contains(slowRuns), "\(slowRuns) of 20")
    }

    @Test(arguments: Engine.allCases)
    func `a chunk that a dead worker held shifts no order, however much ran meanwhile`(engine: Engine) async throws {
        let scene = try Scene(engine)
        try await scene.submit(slow: Self.numbers)
        let dying = try scene.queue.makeOwner(.worker)
        let lost = try Leases(
            database: scene.queue.database, owner: dying, doorbell: scene.queue.doorbell,
            clock: scene.queue.clock.wall, retention: QueueHarness.retention)
        _ = try lost.claim(of: [scene.slow], upToRows: { _ in 1 })
        for _ in 0..<20 { _ = try scene.run() }
        try scene.queue.database.makeWriter(.durable).transaction { connection in
            _ = try ChunkTable.rescue(from: dying.key, in: connection)
        }
        let shift = { try scene.queue.read { try $0.first("SELECT max(shift) FROM model_order") { $0.integer(0) } } }
        let before = try shift()
        #expect(try scene.run() == scene.slow)
        #expect(try shift() == before)
    }

    @Test(arguments: Engine.allCases)
    func `work that was cancelled does not hold its caller back`(engine: Engine) async throws {
        let scene = try Scene(engine)
        for number in 0..<50 {
            let task = try await scene.submit(slow: [Float(number)], chunkRows: 1)
            _ = try await scene.queue.submissions.cancel(scene.queue.task(task))
        }
        try scene.queue.keepHouse(scene.queue.makeUpkeep())
        let mine = try await scene.submit(slow: [1])
        for _ in 0..<10 { try await scene.submit(fast: Self.numbers, chunkRows: 160) }
        #expect(try scene.runs(until: mine) <= 2)
    }
}
