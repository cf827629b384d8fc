import Core
import Synchronization
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// Machines that work on one server's queue at the same time.
@Suite struct ConcurrencyTests {
    private static let callers = 8
    private static let submissions = 80
    private static let workers: UInt64 = 4

    @Test func `machines that submit, claim, complete, cancel and sweep at the same time lose and double nothing`()
        async throws
    {
        let url = try PostgresServer.shared.get().newURL()
        try Database(path: url).migrate()
        let clock = ManualClock()
        let apis = try (0..<2).map { _ in try QueueCaller(url, clock) }
        let workers = try (0..<Self.workers).map { try QueueWorker(url, clock, seed: $0) }
        let keeper = try QueueKeeper(url, clock)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<Self.callers {
                group.addTask { try await apis[caller % 2].submit(Self.submissions, as: caller, racing: apis) }
            }
            try await group.waitForAll()
        }
        let observer = Handed(writer: try Database(path: url).makeWriter(.relaxed))
        var waits = 0
        while try waits < 600 && observer.count("SELECT count(*) FROM task WHERE completed_ms IS NULL") > 0 {
            try await Task.sleep(for: .milliseconds(50))
            waits += 1
        }
        // The keeper first: to it a worker that stopped is dead.
        await keeper.stop()
        for worker in workers { await worker.stop() }
        #expect(workers.reduce(0) { $0 + $1.operations } > 1_000)
        #expect(try observer.writer.read { try Invariants.faults(in: $0) } == [])
        for table in ["chunk", "parked"] {
            #expect(try observer.count("SELECT count(*) FROM \(table)") == 0, "\(table)")
        }
        #expect(try observer.count("SELECT sum(rows) FROM backlog") == 0)
        let submitted = apis.flatMap(\.submitted)
        // One row that was deleted goes with its record.
        let mayBeGone = submitted.count { $0.isStopped && $0.numbers.count == 1 }
        let left = try observer.count("SELECT count(*) FROM task")
        #expect((submitted.count - mayBeGone...submitted.count).contains(left))
        for task in submitted { try await check(task, on: apis[0]) }
    }

    @Test func `a submission does not wait for one of its caller's that another machine is about to commit`() throws {
        let url = try PostgresServer.shared.get().newURL()
        try Database(path: url).migrate()
        let writers = try (0..<2).map { _ in try Database(path: url).makeWriter(.durable) }
        let admit = { (connection: Connection) in
            try FairTable.admit(owner: "local", priority: .normal, model: 1, rowCost: 1, rows: 1, in: connection)
        }
        try writers[0].transaction(reaching: .rows) { connection in
            _ = try admit(connection)
            let waiting = NewChunk(
                key: ChunkKey(task: 1, position: 0), model: 1, rank: 4, firstRow: 0, rows: 1, bytes: 1)
            try ChunkTable.insert(waiting, in: connection)
        }
        try writers[0].transaction(reaching: .rows) { first in
            _ = try admit(first)
            try writers[1].transaction(reaching: .rows) { _ = try admit($0) }
        }
        let next = try writers[0].read { try $0.first("SELECT next FROM flow") { $0.integer(0) } }
        #expect(next == 8)
    }

    /// A row that was not stopped comes out once, and what was stopped shows no other's rows.
    private func check(_ submitted: QueueCaller.Submitted, on api: QueueCaller) async throws {
        guard let stored = try api.task(submitted.id) else {
            #expect(submitted.isStopped && submitted.numbers.count == 1)
            return
        }
        let results = try api.results(stored)
        if submitted.isStopped, stored.task.status == .cancelled || stored.isSwept {
            let right = Set(submitted.numbers.map { $0 * 2 })
            #expect(Set(results).isSubset(of: right) && Set(results).count == results.count)
        } else {
            #expect(stored.task.status == .completed)
            #expect(results == submitted.numbers.map { $0 * 2 })
        }
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the test uses it
        let writer: Writer

        func count(_ sql: String) throws -> Int {
            try writer.read { try $0.first(sql) { $0.int(0) } ?? 0 }
        }
    }
}

/// A machine that takes submissions.
private final class QueueCaller: Sendable {
    struct Submitted: Sendable {
        let id: TaskID
        let numbers: [Float]
        let isStopped: Bool
    }

    private let clock: ManualClock
    private let submissions: Submissions
    private let tasks: TaskStore
    private let thread: ServiceThread
    private let accepted = Mutex<[Submitted]>([])

    init(_ url: String, _ clock: ManualClock) throws {
        self.clock = clock
        let database = try Database(path: url)
        let committer = GroupCommitter(database: database)
        thread = ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { Issue.record(error) }
        }
        submissions = Submissions(
            database: database, committer: committer, doorbell: try Doorbell(database: database, steady: clock.steady),
            clock: clock.wall, retention: QueueHarness.retention)
        tasks = TaskStore(readers: database.makeReaders(), models: ModelRegistry())
    }

    deinit {
        thread.stop()
        thread.join()
    }

    var submitted: [Submitted] { accepted.withLock { $0 } }

    func task(_ id: TaskID) throws -> StoredTask? { try tasks.task(id, owner: "local") }

    /// Submits tasks of one caller one after another, now and then twice at two machines, and stops some.
    func submit(_ count: Int, as caller: Int, racing all: [QueueCaller]) async throws {
        var generator = SeededGenerator(seed: UInt64(caller))
        for position in 0..<count {
            let first = Float(caller * 100_000 + position * 100)
            let chunks = (0..<Int.random(in: 1...4, using: &generator)).map { chunk in
                (0..<Int.random(in: 1...3, using: &generator)).map { first + Float(chunk * 10 + $0) }
            }
            let priority = Priority.allCases.randomElement(using: &generator)!
            let id: TaskID
            if position.isMultiple(of: 10) {
                id = try await Self.race(chunks, priority, key: "\(first)", at: all, &generator)
            } else {
                id = try await accept(chunks, request(priority, &generator))
            }
            let chance = Int.random(in: 0..<100, using: &generator)
            if chance < 12 { try await stop(id, isPurge: chance < 5) }
            accepted.withLock { $0.append(.init(id: id, numbers: chunks.flatMap(\.self), isStopped: chance < 12)) }
        }
    }

    /// Sends one submission to all machines at the same time: one of them takes it.
    private static func race(
        _ chunks: [[Float]], _ priority: Priority, key: String, at all: [QueueCaller],
        _ generator: inout SeededGenerator
    ) async throws -> TaskID {
        let requests = all.map { caller in
            var request = caller.request(priority, &generator)
            request.key = IdempotencyKey(key, fingerprint: [UInt8](repeating: 1, count: 32))
            return (caller, request)
        }
        let answers = try await withThrowingTaskGroup(of: TaskID.self) { group in
            for (caller, request) in requests { group.addTask { try await caller.accept(chunks, request) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(answers).count == 1)
        return answers[0]
    }

    private func request(_ priority: Priority, _ generator: inout SeededGenerator) -> Submissions.Request {
        Submissions.Request(
            draft: .init(
                id: TaskID(at: clock.wall.now, using: &generator), owner: "local", priority: priority,
                createdAt: clock.wall.now), model: QueueHarness.identity, output: QueueHarness.output)
    }

    private func accept(_ chunks: [[Float]], _ request: Submissions.Request) async throws -> TaskID {
        do {
            try await submissions.submit(request, chunks: chunks.map(QueueHarness.chunk))
            return request.draft.id
        } catch let replay as IdempotencyKey.Replay {
            return replay.task
        }
    }

    private func stop(_ id: TaskID, isPurge: Bool) async throws {
        let stored = try #require(try task(id))
        if isPurge { try await submissions.purge(stored) } else { _ = try await submissions.cancel(stored) }
    }

    func results(_ task: StoredTask) throws -> [Float] {
        var place = ResultPlace.start
        var found: [Float] = []
        while true {
            let page = try tasks.results(of: task, from: place, limit: 5)
            for part in page.parts { found += part.predictions.values[part.rows].map { Float($0) } }
            if page.next == place { return found }
            place = page.next
        }
    }
}

/// A machine that runs chunks, with a thread of its own; it gives some back and puts some aside.
private final class QueueWorker: Sendable {
    private let thread: ServiceThread
    private let tally = Tally()

    /// Counts claims and what became of them.
    private final class Tally: Sendable {
        let count = Mutex(0)
    }

    var operations: Int { tally.count.withLock { $0 } }

    func stop() async {
        thread.stop()
        await thread.joined()
    }

    init(_ url: String, _ clock: ManualClock, seed: UInt64) throws {
        let database = try Database(path: url)
        let owner = try Owner(.worker, boot: "\(seed)", models: [], database: database, at: clock.wall.now)
        let doorbell = try Doorbell(database: database, steady: clock.steady)
        let handed = Handed(
            leases: try Leases(
                database: database, owner: owner, doorbell: doorbell, clock: clock.wall,
                retention: QueueHarness.retention),
            model: try database.makeWriter(.durable).transaction {
                try ModelTable.key(of: QueueHarness.identity, output: QueueHarness.output, in: $0)
            }, seed: seed)
        let listener = try doorbell.listen(as: .worker, boot: "\(seed)")
        let tally = tally
        thread = ServiceThread(name: "worker") { stop in
            var generator = SeededGenerator(seed: handed.seed)
            while !stop.isRaised {
                do {
                    let rows = Int.random(in: 1...12, using: &generator)
                    guard let claim = try handed.leases.claim(of: [handed.model], upToRows: { _ in rows }) else {
                        _ = listener.wait(for: .milliseconds(20))
                        continue
                    }
                    try handed.end(claim, &generator)
                    tally.count.withLock { $0 += 2 }
                } catch {
                    Issue.record(error)
                    return
                }
            }
        }
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the thread uses it
        let leases: Leases
        let model: Int64
        let seed: UInt64

        func end(_ claim: Claim, _ generator: inout SeededGenerator) throws {
            var chunks = claim.chunks[...]
            switch Int.random(in: 0..<100, using: &generator) {
            case 0..<5: return try leases.release(claim.chunks, of: claim, asSuspects: true)
            case 5..<10: try leases.release([chunks.removeFirst()], of: claim, asSuspects: false)
            case 10..<15: try leases.retry(chunks.removeFirst(), of: claim, after: .zero, blamesModel: false)
            default: break
            }
            if chunks.isEmpty { return }
            #expect(try leases.complete(chunks.map(Self.finished), of: claim, rowCost: 40) == 0)
        }

        private static func finished(_ chunk: ClaimedChunk) throws -> FinishedChunk {
            let rows = try Rows(payload: #require(chunk.payload).body)
            guard case .float(let numbers) = rows.columns[0] else { throw StoreError.corruptBlob }
            return FinishedChunk(
                chunk,
                predictions: Predictions(
                    count: rows.count, width: 1, values: numbers.map { Double($0) * 2 }, faults: []),
                startedAt: WallTime(milliseconds: 5))
        }
    }
}

/// The machine that keeps house, with a thread of its own.
private final class QueueKeeper: Sendable {
    private let thread: ServiceThread

    func stop() async {
        thread.stop()
        await thread.joined()
    }

    init(_ url: String, _ clock: ManualClock) throws {
        let database = try Database(path: url)
        let handed = Handed(
            upkeep: try Upkeep(
                database: database, doorbell: Doorbell(database: database, steady: clock.steady), clock: clock.wall,
                steady: clock.steady, lease: QueueHarness.lease, retention: QueueHarness.retention))
        thread = ServiceThread(name: "keeper") { stop in
            while !stop.wait(for: .milliseconds(5)) {
                do {
                    #expect(try handed.upkeep.rescue() == [])
                    try handed.upkeep.expire()
                    try handed.upkeep.stop()
                    try handed.upkeep.promote()
                    _ = try handed.upkeep.sweep()
                } catch {
                    Issue.record(error)
                    return
                }
            }
        }
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the thread uses it
        let upkeep: Upkeep
    }
}
