import Core
import Store
import TestSupport

@testable import Queue

/// One queue in a temporary folder, with manual clocks: the engine under test behind the verbs that every engine has.
///
/// The conformance suites run every rule on every engine of ``Engine``.
final class QueueHarness {
    /// The engines that the rules hold for.
    enum Engine: String, CaseIterable, Sendable {
        case sqlite
        case postgres
    }

    let clock = ManualClock()
    let database: Database
    let submissions: Submissions
    let tasks: TaskStore
    let doorbell: Doorbell
    let committer: GroupCommitter
    let models = ModelRegistry()
    private let folder = TemporaryFolder()
    private let thread: ServiceThread
    private var generator = SeededGenerator(seed: 1)
    private var boots = 0

    static let lease = Duration.seconds(15)
    static let retention = Duration.seconds(3_600)
    static let identity = ModelIdentity(model: "echo", version: "v1", digest: "00")
    static let output = ModelOutput(kind: .regression)

    /// - Parameters:
    ///   - room: how much may wait.
    ///   - place: where the database is; nil for a new one.
    ///   - watch: sees every statement.
    ///   - prepare: makes the database what it is before the schema is brought up to date.
    init(
        _ engine: Engine, room: Room = Room(), at place: String? = nil, watch: StatementWatch? = nil,
        prepare: (Database) throws -> Void = { _ in }
    ) throws {
        database = try Database(
            path: place
                ?? (engine == .sqlite ? folder.path + "/queue.db" : PostgresServer.shared.get().newURL()),
            watch: watch, patience: 1)
        try prepare(database)
        try database.migrate()
        doorbell = try Doorbell(database: database, steady: clock.steady)
        let committer = GroupCommitter(database: database)
        self.committer = committer
        thread = ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { fatalError("\(error)") }
        }
        submissions = Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: clock.wall, retention: Self.retention,
            room: room)
        tasks = TaskStore(readers: database.makeReaders(), models: models)
    }

    deinit {
        thread.stop()
        thread.join()
    }

    // MARK: Callers

    func request(_ priority: Priority = .normal) -> Submissions.Request {
        let id = TaskID(at: clock.wall.now, using: &generator)
        return Submissions.Request(
            draft: .init(id: id, owner: "local", priority: priority, createdAt: clock.wall.now),
            model: Self.identity, output: Self.output)
    }

    /// Submits a task whose rows are the numbers given, a chunk a list.
    @discardableResult
    func submit(_ chunks: [[Float]], priority: Priority = .normal) async throws -> TaskID {
        let request = request(priority)
        try await submissions.submit(request, chunks: chunks.map(Self.chunk))
        return request.draft.id
    }

    static func chunk(_ numbers: [Float]) -> IncomingChunk { IncomingChunk(rows: rows(numbers), bytes: 5) }

    /// A chunk that keeps the caller's own records: each number on a line.
    static func chunkWithRecords(_ numbers: [Float]) -> IncomingChunk {
        let lines = numbers.map { Array("\($0)\n".utf8) }
        let records = Records(bytes: lines.flatMap { $0 }, lengths: lines.map { UInt32($0.count) })
        return IncomingChunk(rows: rows(numbers), bytes: records.bytes.count, records: records)
    }

    static func rows(_ numbers: [Float]) -> Rows { Rows(count: numbers.count, columns: [.float(numbers)]) }

    func task(_ id: TaskID) throws -> StoredTask {
        guard let task = try tasks.task(id, owner: "local") else { throw Missing() }
        keys[id] = task.key
        return task
    }

    /// The keys of the tasks that were looked at, which outlive their records.
    private var keys: [TaskID: Int64] = [:]

    struct Missing: Error {}

    /// All results of a task as far as they go, by pages of a few rows.
    func results(_ id: TaskID, pageRows: Int = 3) throws -> [Float?] {
        let task = try task(id)
        var place = ResultPlace.start
        var numbers: [Float?] = []
        while true {
            let page = try tasks.results(of: task, from: place, limit: pageRows)
            for part in page.parts {
                let faults = Set(part.predictions.faults.map(\.row))
                var values = part.predictions.values.makeIterator()
                let all: [Float?] = (0..<part.predictions.count).map {
                    faults.contains($0) ? nil : Float(values.next()!)
                }
                numbers += all[part.rows]
            }
            if page.next == place { return numbers }
            place = page.next
        }
    }

    // MARK: Workers

    /// A worker that answers each number with its double.
    final class Worker {
        let owner: Owner
        let leases: Leases
        let model: Int64

        init(owner: Owner, leases: Leases, model: Int64) {
            self.owner = owner
            self.leases = leases
            self.model = model
        }

        func claim(
            upToRows rows: Int = 1_000, leaving mayLeave: (ChunkKey) -> Bool = { _ in false }
        ) throws -> Claim? {
            try leases.claim(of: [model], upToRows: { _ in rows }, leaving: mayLeave)
        }

        /// - Parameter poison: a number whose chunk fails as a whole, in a way that may pass.
        /// - Returns: the number of chunks whose lease was lost.
        func complete(_ claim: Claim, rowCost: Double? = nil, poison: Float? = nil) throws -> Int {
            try leases.complete(finished(claim, poison: poison), of: claim, rowCost: rowCost)
        }

        /// The same, and claims what waits next in the same transaction.
        func completeAndClaim(_ claim: Claim, upToRows rows: Int = 1_000) throws -> Leases.Completed {
            try leases.complete(
                finished(claim), of: claim, rowCost: 1, thenClaimOf: [model], upToRows: { _ in rows })
        }

        private func finished(_ claim: Claim, poison: Float? = nil) throws -> [FinishedChunk] {
            try claim.chunks.map { chunk in
                let rows = try Rows(payload: chunk.payload!.body)
                guard case .float(let numbers) = rows.columns[0] else { throw Missing() }
                let predictions =
                    if let poison, numbers.contains(poison) {
                        Predictions.failed(rows, code: .predictionFailed, message: "Poison.", width: 1)
                    } else {
                        Predictions(
                            count: rows.count, width: 1, values: numbers.map { Double($0) * 2 }, faults: rows.faults)
                    }
                return FinishedChunk(chunk, predictions: predictions, startedAt: WallTime(milliseconds: 5))
            }
        }

        /// Runs what waits until nothing is left.
        func drain() throws {
            while let claim = try claim() { _ = try complete(claim) }
        }
    }

    /// - Parameter served: the models that it says it has.
    func makeWorker(serving served: [Owner.LoadedModel] = [.init(identity: identity)]) throws -> Worker {
        let owner = try makeOwner(.worker, serving: served)
        let model = try database.makeWriter(.durable).transaction {
            try ModelTable.key(of: Self.identity, output: Self.output, in: $0)
        }
        let leases = try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
        return Worker(owner: owner, leases: leases, model: model)
    }

    func makeOwner(_ kind: Owner.Kind, serving served: [Owner.LoadedModel] = []) throws -> Owner {
        boots += 1
        return try Owner(kind, boot: "b\(boots)", models: served, database: database, at: clock.wall.now)
    }

    func makeUpkeep() throws -> Upkeep {
        try Upkeep(
            database: database, doorbell: doorbell, clock: clock.wall, steady: clock.steady, lease: Self.lease,
            retention: Self.retention)
    }

    /// A request whose rows come in requests of their own.
    func uploadRequest() -> Submissions.Request {
        var request = request()
        request.input = StoredInput(options: "[]")
        return request
    }

    /// The rows of a table that a task has.
    func count(of table: String, _ id: TaskID) throws -> Int {
        let column =
            table == "input"
            ? "task" : table == "payload" || table == "result" || table == "record" ? "chunk >> 24" : "key >> 24"
        let key = try keys[id] ?? task(id).key
        return try read { connection in
            try connection.first("SELECT count(*) FROM \(table) WHERE \(column) = ?", .integer(key)) { $0.int(0) } ?? 0
        }
    }

    /// All that is kept of a task beside its record.
    func leftovers(_ id: TaskID) throws -> [String: Int] {
        var left: [String: Int] = [:]
        for table in ["payload", "result", "record", "input", "chunk", "parked"] {
            let count = try count(of: table, id)
            if count > 0 { left[table] = count }
        }
        return left
    }

    /// Lets the keeper do all that is due.
    func keepHouse(_ upkeep: Upkeep) throws {
        _ = try upkeep.rescue()
        while try upkeep.expire() {}
        while try upkeep.stop() {}
        try upkeep.promote()
        while try upkeep.sweep() {}
        while try upkeep.forgetKeys() {}
    }

    /// Looks for states that must not be.
    ///
    /// - Returns: one line for each kind; empty when all is well.
    func invariantFaults() throws -> [String] { try read { try Invariants.faults(in: $0) } }

    /// Asks the database a question of the test's own.
    func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try database.makeWriter(.relaxed).read(body)
    }
}
