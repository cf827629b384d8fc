import Core
import TestSupport

@testable import Queue
@testable import Store

/// A queue on a real engine, with manual clocks, whose statements can be made to fail.
final class Bench {
    let clock = ManualClock()
    let plan: FaultPlan
    let database: Database
    let submissions: Submissions
    let committer: GroupCommitter
    let doorbell: Doorbell
    /// Reads without being watched, as a bystander.
    let tasks: TaskStore
    let model: Int64
    var generator: SeededGenerator
    private let observer: Writer
    private let folder = TemporaryFolder()
    private let committing: ServiceThread
    private var boots = 0
    private var lastNumber: Float = 0

    static let lease = Duration.seconds(15)
    static let retention = Duration.seconds(3_600)
    static let identity = ModelIdentity(model: "echo", version: "v1", digest: "00")
    static let output = ModelOutput(kind: .regression)

    init(_ engine: Engine = .sqlite, seed: UInt64 = 1) async throws {
        generator = SeededGenerator(seed: seed)
        plan = FaultPlan(engine)
        let path = try engine == .sqlite ? folder.path + "/queue.db" : PostgresServer.shared.get().newURL()
        let unwatched = try Database(path: path)
        try unwatched.migrate()
        database = try Database(path: path, watch: plan.watch, patience: 1)
        // Some rings are statements of another thread, and none of a verb.
        doorbell = try Doorbell(database: unwatched, steady: clock.steady)
        committer = GroupCommitter(database: database)
        submissions = Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
        tasks = TaskStore(readers: unwatched.makeReaders(), models: ModelRegistry())
        observer = try unwatched.makeWriter(.relaxed)
        model = try observer.transaction {
            try ModelTable.key(of: Self.identity, output: Self.output, in: $0)
        }
        committing = ServiceThread(name: "committer") { [committer] stop in
            do { try committer.run(until: stop) } catch { fatalError("\(error)") }
        }
        // From here on it has its connection, whose opening must not be the statement that fails.
        try await committer.write(bytes: 0) { _ in }
    }

    deinit {
        committing.stop()
        committing.join()
    }

    // MARK: Parts

    func makeOwner(_ kind: Owner.Kind) throws -> Owner {
        boots += 1
        return try Owner(kind, boot: "b\(boots)", models: [], database: database, at: clock.wall.now)
    }

    func makeLeases(of owner: Owner) throws -> Leases {
        try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
    }

    func makeUpkeep() throws -> Upkeep {
        try Upkeep(
            database: database, doorbell: doorbell, clock: clock.wall, steady: clock.steady, lease: Self.lease,
            retention: Self.retention)
    }

    func request() -> Submissions.Request {
        Submissions.Request(
            draft: .init(
                id: TaskID(at: clock.wall.now, using: &generator), owner: "local", priority: .normal,
                createdAt: clock.wall.now), model: Self.identity, output: Self.output)
    }

    /// A request under a key, for a body that a number stands for.
    func request(key: String, body: UInt8?) -> Submissions.Request {
        var request = request()
        request.key = IdempotencyKey(key, fingerprint: body.map { [UInt8](repeating: $0, count: 32) })
        return request
    }

    /// Numbers that no other row has, so that each can be told from all others.
    func numbers(_ count: Int) -> [Float] {
        (0..<count).map { _ in
            lastNumber += 1
            return lastNumber
        }
    }

    /// A chunk of five bytes a row.
    static func chunk(_ numbers: [Float], withRecords: Bool = false) -> IncomingChunk {
        let records = Records(
            bytes: [UInt8](repeating: 65, count: numbers.count), lengths: numbers.map { _ in 1 })
        return IncomingChunk(
            rows: Rows(count: numbers.count, columns: [.float(numbers)]), bytes: 5 * numbers.count,
            records: withRecords ? records : nil)
    }

    /// A chunk's end, in which each number has become its double.
    static func finished(_ chunk: ClaimedChunk) throws -> FinishedChunk {
        guard let payload = chunk.payload else { throw StoreError.corruptBlob }
        let rows = try Rows(payload: payload.body)
        guard case .float(let numbers) = rows.columns[0] else { throw StoreError.corruptBlob }
        let predictions = Predictions(
            count: rows.count, width: 1, values: numbers.map { Double($0) * 2 }, faults: rows.faults)
        return FinishedChunk(chunk, predictions: predictions, startedAt: WallTime(milliseconds: 5))
    }

    /// A chunk's end of which no row succeeded.
    static func failed(_ chunk: ClaimedChunk) -> FinishedChunk {
        let predictions = Predictions.failed(
            Rows(count: chunk.rows, columns: []), code: .predictionFailed, message: "It failed.", width: 1)
        return FinishedChunk(chunk, predictions: predictions, startedAt: WallTime(milliseconds: 5))
    }

    // MARK: Questions

    func read<Value>(_ body: (Connection) throws -> Value) throws -> Value { try observer.read(body) }

    func count(_ sql: String) throws -> Int { try read { try $0.first(sql) { $0.int(0) } ?? 0 } }

    func invariantFaults() throws -> [String] { try read { try Invariants.faults(in: $0) } }

    func task(_ id: TaskID) throws -> StoredTask? { try tasks.task(id, owner: "local") }

    /// A task's results as far as they are visible: each row's place in the task, and its value; nil for a failed row.
    func results(_ task: StoredTask) throws -> [(row: Int, value: Float?)] {
        var place = ResultPlace.start
        var found: [(row: Int, value: Float?)] = []
        while true {
            let page = try tasks.results(of: task, from: place, limit: 7)
            for part in page.parts {
                let faults = Set(part.predictions.faults.map(\.row))
                var values = part.predictions.values.makeIterator()
                let all: [Float?] = (0..<part.predictions.count).map {
                    faults.contains($0) ? nil : values.next().map { Float($0) }
                }
                for row in part.rows { found.append((part.firstRow + row, all[row])) }
            }
            if page.next == place { return found }
            place = page.next
        }
    }

    /// Moves the beats of owners, as their threads would; those that were declared dead have none.
    func beat(_ owners: [Int64]) throws {
        try observer.transaction { connection in
            for owner in owners { _ = try OwnerTable.beat(owner, in: connection) }
        }
    }
}
