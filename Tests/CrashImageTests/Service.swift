import Core
import Store
import TestSupport

@testable import Queue

/// The queue on one database, with manual clocks: what a machine runs before the power goes, or after it came back.
final class Service {
    let clock = ManualClock()
    let database: Database
    let submissions: Submissions
    let tasks: TaskStore
    let doorbell: Doorbell
    private let thread: ServiceThread
    private var boots = 0
    private let bootPrefix: String

    static let lease = Duration.seconds(15)
    static let retention = Duration.seconds(3_600)
    static let identity = ModelIdentity(model: "double", version: "v1", digest: "00")
    static let output = ModelOutput(kind: .regression)

    /// - Parameter bootPrefix: tells the processes of this boot from those of another.
    init(_ database: Database, bootPrefix: String) throws {
        self.database = database
        self.bootPrefix = bootPrefix
        try database.migrate()
        doorbell = try Doorbell(database: database, steady: clock.steady)
        let committer = GroupCommitter(database: database)
        thread = Self.run(committer)
        submissions = Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
        tasks = TaskStore(readers: database.makeReaders(), models: ModelRegistry())
    }

    deinit { stop() }

    func stop() {
        thread.stop()
        thread.join()
    }

    static func run(_ committer: GroupCommitter) -> ServiceThread {
        ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { fatalError("\(error)") }
        }
    }

    /// Submissions whose commits begin when the test says so.
    func makeSubmissions(_ committer: GroupCommitter) -> Submissions {
        Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
    }

    func makeOwner(_ kind: Owner.Kind) throws -> Owner {
        boots += 1
        return try Owner(kind, boot: "\(bootPrefix)\(boots)", models: [], database: database, at: clock.wall.now)
    }

    func makeUpkeep() throws -> Upkeep {
        try Upkeep(
            database: database, doorbell: doorbell, clock: clock.wall, steady: clock.steady, lease: Self.lease,
            retention: Self.retention)
    }

    func makeWorker() throws -> Worker {
        let model = try database.makeWriter(.durable).transaction {
            try ModelTable.key(of: Self.identity, output: Self.output, in: $0)
        }
        let owner = try makeOwner(.worker)
        let leases = try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: clock.wall, retention: Self.retention)
        return Worker(owner: owner, leases: leases, model: model)
    }

    /// A worker that answers each number with its double.
    final class Worker {
        let owner: Owner
        let leases: Leases
        private let model: Int64

        init(owner: Owner, leases: Leases, model: Int64) {
            self.owner = owner
            self.leases = leases
            self.model = model
        }

        func claim(upToRows rows: Int) throws -> Claim? { try leases.claim(of: [model], upToRows: { _ in rows }) }

        func complete(_ claim: Claim) throws {
            let finished = try claim.chunks.map { chunk in
                let numbers = try chunk.payload!.numbers
                return FinishedChunk(
                    chunk,
                    predictions: Predictions(count: numbers.count, width: 1, values: numbers.map { Double($0) * 2 }),
                    startedAt: WallTime(milliseconds: 5))
            }
            _ = try leases.complete(finished, of: claim)
        }
    }
}

extension PayloadTable.Found {
    /// The only column of the stored rows.
    var numbers: [Float] {
        get throws {
            guard case .float(let numbers) = try Rows(payload: body).columns[0] else { throw StoreError.corruptBlob }
            return numbers
        }
    }
}
