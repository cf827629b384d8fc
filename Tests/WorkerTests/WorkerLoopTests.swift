import Core
import Inference
import Operations
import Queue
@testable import Store
import Synchronization
import TestSupport
import Testing

@testable import Worker

/// The loop with a model of the test's own, which fails as it is told to.
@Suite struct WorkerLoopTests {
    /// Doubles each number; throws for batches that hold a poisonous one.
    final class Doubler: Predictor {
        let identity = ModelIdentity(model: "double", version: "v1", digest: "00")
        let output = ModelOutput(kind: .regression)
        let engine = InferenceEngine.fused
        let runRows = 100
        let timeout = Duration.seconds(10)
        let runs = Mutex<[[Float]]>([])
        let poison: Float?

        init(poison: Float? = nil) { self.poison = poison }

        struct Poisoned: Error {}

        func predict(_ rows: Rows) throws -> Predictions {
            guard case .float(let numbers) = rows.columns[0] else { throw Poisoned() }
            runs.withLock { $0.append(numbers) }
            if let poison, numbers.contains(poison) { throw Poisoned() }
            return Predictions(
                count: rows.count, width: 1, values: numbers.map { Double($0) * 2 }, faults: rows.faults, ids: rows.ids)
        }

        func terminate() {}
    }

    /// A queue with a running worker.
    private final class Bench {
        let clock = ManualClock()
        let database: Database
        let submissions: Submissions
        let tasks: TaskStore
        let upkeep: Upkeep
        private let folder = TemporaryFolder()
        private let committing: ServiceThread
        private let working: ServiceThread
        private var generator = SeededGenerator(seed: 3)
        /// What ended the loop; nil while it runs, and after an orderly end.
        let end = Monitor<(any Error)?>(nil)

        init(_ predictor: Doubler, watch: StatementWatch? = nil) throws {
            database = try Database(path: folder.path + "/worker.db", watch: watch)
            try database.migrate()
            let doorbell = try Doorbell(database: database, steady: clock.steady)
            let committer = GroupCommitter(database: database)
            committing = ServiceThread(name: "committer") { stop in
                do { try committer.run(until: stop) } catch { Issue.record(error) }
            }
            let retention = Duration.seconds(60)
            submissions = Submissions(
                database: database, committer: committer, doorbell: doorbell, clock: clock.wall, retention: retention)
            tasks = TaskStore(readers: database.makeReaders(), models: ModelRegistry())
            upkeep = try Upkeep(
                database: database, doorbell: doorbell, clock: clock.wall, steady: clock.steady, lease: .seconds(15),
                retention: retention)
            let model = try database.makeWriter(.durable).transaction {
                try ModelTable.key(of: predictor.identity, output: predictor.output, in: $0)
            }
            let owner = try Owner(.worker, boot: "w", models: [], database: database, at: clock.wall.now)
            let listener = try doorbell.listen(as: .worker, boot: "w")
            let (database, wall, steady, end) = (database, clock.wall, clock.steady, end)
            working = ServiceThread(name: "worker") { stop in
                do {
                    let leases = try Leases(
                        database: database, owner: owner, doorbell: doorbell, clock: wall, retention: retention)
                    try WorkerLoop(
                        leases: leases, shelf: ModelShelf([model: predictor]), listener: listener, clock: wall,
                        steady: steady,
                        watchdog: Watchdog(clock: steady, onHang: {}, onTrouble: { _ in }), current: CurrentClaim(),
                        logger: Logger(level: .error, now: { "" })
                    ).run(until: stop)
                } catch { end.change { $0 = error } }
            }
        }

        deinit {
            if let error = end.withLock({ $0 }), (error as? SQLiteError)?.isDamage != true { Issue.record(error) }
            for thread in [working, committing] {
                thread.stop()
                thread.join()
            }
        }

        func submit(_ chunks: [[Float]]) async throws -> TaskID {
            let id = TaskID(at: clock.wall.now, using: &generator)
            try await submissions.submit(
                .init(
                    draft: .init(id: id, owner: "local", priority: .normal, createdAt: clock.wall.now),
                    model: ModelIdentity(model: "double", version: "v1", digest: "00"),
                    output: ModelOutput(kind: .regression)),
                chunks: chunks.map { IncomingChunk(rows: Rows(count: $0.count, columns: [.float($0)]), bytes: 1) })
            return id
        }

        /// The ended task; parked chunks are woken meanwhile, for which time passes.
        func ended(_ id: TaskID) async throws -> StoredTask {
            while true {
                if let task = try tasks.task(id, owner: "local"), task.task.status.isFinal { return task }
                clock.advance(by: .seconds(1))
                try upkeep.promote()
                await Task.yield()
            }
        }
    }

    /// Any error of the database once counted as one that passes: on a damaged file a worker tried for ever to store what it
    /// had computed, and kept its leases.
    @Test func `damage of the database ends the worker, and names itself`() async throws {
        let watch = StatementWatch(
            before: { sql, _ in
                guard sql.hasPrefix("INSERT INTO result") else { return }
                throw SQLiteError(operation: "step", resultCode: 11, reason: "malformed", sql: sql)
            }, after: { _, _ in })
        let bench = try Bench(Doubler(), watch: watch)
        _ = try await bench.submit([[1, 2], [3]])
        let error = bench.end.wait(upTo: .seconds(30)) { $0 }
        #expect((error as? SQLiteError)?.isDamage == true, "\(String(describing: error))")
    }

    @Test func `what waits is run together and ends completed`() async throws {
        let bench = try Bench(Doubler())
        let id = try await bench.submit([[1, 2], [3]])
        let task = try await bench.ended(id)
        #expect(task.task.status == .completed)
        let page = try bench.tasks.results(of: task, from: .start, limit: 10)
        #expect(page.parts.flatMap(\.predictions.values) == [2, 4, 6])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a poisonous chunk fails alone after its attempts and its neighbours lose nothing`() async throws {
        let model = Doubler(poison: 13)
        let bench = try Bench(model)
        let id = try await bench.submit([[1], [13], [3]])
        let task = try await bench.ended(id)
        #expect(task.task.status == .completedWithErrors)
        #expect(task.task.rows == .init(total: 3, succeeded: 2, failed: 1))
        let alone = model.runs.withLock { runs in runs.filter { $0 == [13] }.count }
        #expect(alone == Limits.attempts)
        let page = try bench.tasks.results(of: task, from: .start, limit: 10)
        #expect(page.parts[1].predictions.faults.map(\.code) == [.predictionFailed])
    }
}
