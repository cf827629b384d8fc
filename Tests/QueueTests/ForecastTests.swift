import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// What rows cost is learnt from runs, and estimates follow from it.
@Suite struct ForecastTests {
    private func forecast(_ queue: QueueHarness, lifetime: Duration = Limits.forecastLook) -> Forecast {
        Forecast(
            readers: queue.database.makeReaders(), models: queue.models, clock: queue.clock.steady,
            wall: queue.clock.wall, lifetime: lifetime)
    }

    /// A pause made the last look unknown for a moment, and warnings and tags went and came back.
    @Test func `a change makes the last look old, and it stays the last one known until the next`() async throws {
        let queue = try QueueHarness(.sqlite)
        try await queue.submit([[1]])
        // The look would be believed for an hour: only the change makes it old.
        let forecast = forecast(queue, lifetime: .seconds(3_600))
        #expect(try forecast.view().obstacle(to: QueueHarness.identity) == .noWorker)
        let administration = Administration(
            committer: queue.committer, readers: queue.database.makeReaders(), models: queue.models,
            doorbell: queue.doorbell, clock: queue.clock.wall)
        try await administration.pause(QueueHarness.identity.model)
        #expect(try forecast.view().obstacle(to: QueueHarness.identity) == .noWorker, "nobody has told of the change")
        forecast.expire()
        #expect(forecast.lastView?.rows == 1 && forecast.recentView() == nil)
        #expect(try forecast.view().obstacle(to: QueueHarness.identity) == .paused(model: QueueHarness.identity.model))
        #expect(forecast.recentView() != nil)
    }

    @Test func `a look that must be young is shared by all who ask in that time`() async throws {
        let queue = try QueueHarness(.sqlite)
        let forecast = forecast(queue)
        #expect(try forecast.view().rows == 0)
        try await queue.submit([[1]])
        queue.clock.advance(by: .milliseconds(49))
        #expect(try forecast.view(notOlderThan: .milliseconds(50)).rows == 0)
        queue.clock.advance(by: .milliseconds(1))
        #expect(forecast.recentView() != nil, "it is believed where nobody is refused by it")
        #expect(try forecast.view(notOlderThan: .milliseconds(50)).rows == 1)
        try await queue.submit([[1]])
        #expect(try forecast.view(notOlderThan: .zero).rows == 2)
    }

    @Test func `without a worker there is no estimate, and workers share the work`() async throws {
        let queue = try QueueHarness(.sqlite)
        try await queue.submit([[Float]](repeating: [Float](repeating: 1, count: 100), count: 10))
        let forecast = forecast(queue)
        #expect(try forecast.view().rows == 1_000)
        #expect(try forecast.view().wait(forRows: 1, costing: 50) == nil)
        let workers = try (0..<2).map { _ in try queue.makeWorker() }
        #expect(forecast.recentView()?.wait(forRows: 1, costing: 50) == nil, "a look is believed for a while")
        queue.clock.advance(by: .seconds(1))
        #expect(forecast.recentView() == nil)
        #expect(try forecast.view().wait(forRows: 1_000, costing: 50) == .milliseconds(50))
        withExtendedLifetime(workers) {}
    }

    @Test func `a model is on a kernel when all who can serve it have one`() throws {
        let queue = try QueueHarness(.sqlite)
        let model = QueueHarness.identity
        let forecast = forecast(queue)
        func isOnKernel(_ engines: String?...) throws -> Bool {
            let owners = try engines.enumerated().map { index, engine in
                try Owner(
                    .worker, boot: "boot \(index)",
                    models: [.init(identity: model, broken: engine == nil ? .modelUnavailable : nil, engine: engine)],
                    database: queue.database, at: queue.clock.wall.now)
            }
            defer { for owner in owners { #expect(throws: Never.self) { try owner.leave() } } }
            queue.clock.advance(by: .seconds(1))
            return try forecast.view().isOnKernel(model)
        }
        #expect(try !isOnKernel())
        #expect(try isOnKernel("fused", "fused", nil))
        #expect(try !isOnKernel("onnxruntime"))
        #expect(try !isOnKernel("fused", "onnxruntime"))
        #expect(try !isOnKernel(nil))
    }

    @Test func `large runs teach the cost of a row and single rows hardly move it`() async throws {
        let queue = try QueueHarness(.sqlite)
        let worker = try queue.makeWorker()
        func cost() throws -> Double? {
            let entry = try queue.read { try BacklogTable.all(in: $0).first }
            return entry?.rowCost
        }
        func run(_ rows: Int, costing rowCost: Double) async throws {
            try await queue.submit([[Float](repeating: 1, count: rows)])
            _ = try worker.complete(#require(try worker.claim(upToRows: rows)), rowCost: rowCost)
        }
        #expect(try cost() == nil)
        try await run(2_000, costing: 40)
        #expect(try cost() == 40)
        try await run(2_000, costing: 20)
        #expect(try cost() == 30)
        try await run(1, costing: 5_000)
        #expect(try #require(try cost()) < 33)
        #expect(try queue.invariantFaults() == [])
        let view = try forecast(queue).view()
        #expect(view.rowCost(of: QueueHarness.identity, otherwise: 1) == (try cost()))
        #expect(view.rowCost(of: ModelIdentity(model: "other", version: "v1", digest: "0"), otherwise: 7) == 7)
    }

    @Test func `a run whose results were dropped is neither counted nor learnt from`() async throws {
        let queue = try QueueHarness(.sqlite)
        try await queue.submit([[1], [2]])
        let worker = try queue.makeWorker()
        let claim = try #require(try worker.claim())
        try worker.leases.release(claim.chunks, of: claim, asSuspects: false)
        #expect(try worker.complete(claim, rowCost: 9) == 2)
        #expect(try queue.read { try BacklogTable.all(in: $0).map(\.rowCost) } == [nil])
        #expect(try queue.invariantFaults() == [])
    }
}
