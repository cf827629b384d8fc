import Catalog
import Core
import Foundation
import Inference
import Operations
import Queue
import Store
import Synchronization
import TestSupport
import Testing

@testable import Worker

/// How versions come onto a worker's shelf, with trials of the test's own.
@Suite struct ModelLoadingTests {
    /// One worker on a database.
    private final class Bench {
        let clock: ManualClock
        let shelf = ModelShelf()
        let trials = Trials()
        let workforce: Workforce
        var round: LoadingRound
        let stop = StopSignal()

        init(_ boot: String, _ database: Database, _ clock: ManualClock, limit: Duration = .seconds(60)) throws {
            self.clock = clock
            // iris and purchase are tables, sentiment is a text; one version each.
            let catalog = try Catalog(folder: PackageFiles.path("models"))
            workforce = Workforce(readers: database.makeReaders())
            let owner = try WorkerService.register(
                catalog, shelf: shelf, boot: boot, database: database, at: clock.wall.now)
            let trials = trials
            round = try LoadingRound(
                .init(
                    versions: catalog.models.flatMap(\.resolved), shelf: shelf,
                    loader: ModelLoader(libraryPath: PackageFiles.path(".tools/onnxruntime/libonnxruntime.so")),
                    trial: ModelLoading.Trial(limit: limit, conditions: { _ in "the same" }) { version, limit, _ in
                        try trials.run(version.identity.model, limit)
                    },
                    owner: owner, boot: boot, database: database, clock: clock.wall, steady: clock.steady,
                    logger: Logger(level: .error, now: { "" }),
                    metrics: WorkerMetrics(serving: [], clock: clock.steady),
                    onChange: {}))
        }

        /// Looks as often as it takes until nothing more is to be done now.
        func settle() throws {
            for _ in 0..<5 { try round.look(stop) }
        }

        var served: [String] { shelf.predictors.values.map(\.identity.model).sorted() }

        func problem(_ model: String) throws -> String? {
            try workforce.models().first { $0.identity.model == model }?.broken
        }
    }

    /// What trials find, and which were asked for.
    private final class Trials: Sendable {
        struct CannotStart: Error {}
        let verdicts = Mutex<[String: ModelVerdict?]>([:])
        let asked = Mutex<[String]>([])

        /// - Parameter verdict: nil when no trial can be started.
        func set(_ model: String, _ verdict: ModelVerdict?) { verdicts.withLock { $0[model] = .some(verdict) } }

        func run(_ model: String, _ limit: Duration) throws -> ModelVerdict? {
            asked.withLock { $0.append("\(model) \(limit.components.seconds)") }
            switch verdicts.withLock({ $0[model] }) {
            case nil: return .good
            case .some(nil): throw CannotStart()
            case .some(let verdict): return verdict
            }
        }

        /// What was asked for since it was last taken.
        func take() -> [String] {
            asked.withLock { asked in
                defer { asked = [] }
                return asked
            }
        }
    }

    private let folder = TemporaryFolder()
    private let clock = ManualClock()

    private func database() throws -> Database {
        let database = try Database(path: folder.path + "/models.db")
        try database.migrate()
        return database
    }

    private static let hangs = ModelVerdict.broken(code: .modelHangs, message: "it hangs")

    @Test func `a worker is registered before it has loaded anything, and says what it awaits`() throws {
        let bench = try Bench("a1", database(), clock)
        #expect(try bench.workforce.workers() == 1)
        #expect(try bench.workforce.models().map(\.ready) == [0, 0, 0])
        #expect(try bench.problem("iris")?.contains("is being tried") == true)
        try bench.settle()
        #expect(bench.served == ["iris", "purchase", "sentiment"] && bench.round.open.isEmpty)
        #expect(try bench.workforce.models().map(\.ready) == [1, 1, 1])
        #expect(try bench.workforce.models().allSatisfy { $0.broken == nil && $0.engine != nil })
    }

    @Test func `what was found good is not tried again, by this worker or another`() throws {
        let database = try database()
        let first = try Bench("a1", database, clock)
        try first.settle()
        #expect(first.trials.take() == ["iris 5", "purchase 5", "sentiment 5"])
        let second = try Bench("b2", database, clock)
        try second.settle()
        #expect(second.trials.take() == [] && second.served.count == 3)
    }

    /// A version that hangs stands first in the list: the others are tried before it gets all of its time.
    @Test func `a model that hangs costs the others little, and only its full time makes it broken`() throws {
        let bench = try Bench("a1", database(), clock)
        bench.trials.set("iris", Self.hangs)
        try bench.settle()
        #expect(bench.trials.take() == ["iris 5", "purchase 5", "sentiment 5", "iris 60"])
        #expect(bench.served == ["purchase", "sentiment"])
        #expect(try bench.problem("iris") == "it hangs")
        #expect(bench.shelf.broken.map(\.code) == [.modelHangs])
    }

    @Test func `a model that needs longer than the short time is served`() throws {
        let bench = try Bench("a1", database(), clock)
        bench.trials.set("iris", Self.hangs)
        try bench.round.look(bench.stop)
        try bench.round.look(bench.stop)
        bench.trials.set("iris", .good)
        try bench.settle()
        #expect(bench.served.count == 3)
        #expect(bench.trials.take().last == "iris 60")
    }

    @Test func `a model that crashes is tried again after its time, by a worker that runs on, and then served`() throws
    {
        let bench = try Bench("a1", database(), clock)
        bench.trials.set("purchase", .broken(code: .modelCrashes, message: "it crashes"))
        try bench.settle()
        #expect(bench.trials.take().count == 3 && bench.served == ["iris", "sentiment"])
        bench.trials.set("purchase", .good)
        clock.advance(by: Limits.brokenVerdictLife - .seconds(1))
        try bench.settle()
        #expect(bench.trials.take() == [] && bench.served.count == 2)
        #expect(try bench.problem("purchase") == "it crashes")
        clock.advance(by: .seconds(1))
        try bench.settle()
        #expect(bench.trials.take() == ["purchase 5"] && bench.served.count == 3)
        #expect(try bench.problem("purchase") == nil && bench.shelf.broken.isEmpty)
    }

    @Test func `what another worker tries is waited for, while the rest is served`() throws {
        let database = try database()
        let (first, second) = (try Bench("a1", database, clock), try Bench("b2", database, clock))
        // The first is in the middle of its trial when the second looks.
        let verdicts = try Verdicts(database: database, boot: "a1", clock: clock.wall)
        let iris = try #require(first.round.open.first).version.identity.digest
        #expect(try verdicts.begin(iris, under: "the same", limit: .seconds(60)) == nil)
        try second.settle()
        #expect(second.served == ["purchase", "sentiment"])
        #expect(second.trials.take() == ["purchase 5", "sentiment 5"])
        try verdicts.record(.good, of: iris, under: "the same")
        clock.advance(by: Limits.verdictPoll)
        try second.settle()
        #expect(second.served.count == 3 && second.trials.take() == [])
    }

    @Test func `a trial that cannot be started says nothing of the model, and is tried again`() throws {
        let bench = try Bench("a1", database(), clock)
        bench.trials.set("iris", nil)
        try bench.settle()
        #expect(bench.served == ["purchase", "sentiment"] && bench.shelf.broken.isEmpty)
        _ = bench.trials.take()
        bench.trials.set("iris", .good)
        clock.advance(by: Limits.trialPause)
        try bench.settle()
        #expect(bench.served.count == 3 && bench.trials.take() == ["iris 5"])
    }

    @Test func `a worker that stops begins no trial`() throws {
        let bench = try Bench("a1", database(), clock)
        bench.stop.raise()
        try bench.settle()
        #expect(bench.trials.take() == [] && bench.round.open.count == 3)
    }

    @Test func `a worker that was declared dead ends`() throws {
        let database = try database()
        let bench = try Bench("a1", database, clock)
        try database.makeWriter(.durable).transaction {
            try $0.run("DELETE FROM owner_model")
            try $0.run("DELETE FROM owner")
        }
        #expect(throws: QueueError.ownershipLost) { try bench.settle() }
    }
}
