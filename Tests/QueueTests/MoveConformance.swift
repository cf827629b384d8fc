import Core
import Store
import Synchronization
import TestSupport
import Testing

@testable import Queue

/// A move from one engine to the other: nothing is lost, nothing is served twice, and a break costs nothing.
@Suite struct MoveConformance {
    typealias Engine = QueueHarness.Engine

    /// What a source holds: something of each kind.
    private struct Scene {
        let source: QueueHarness
        let done: TaskID
        let waiting: TaskID
        let leased: TaskID
        let parked: TaskID
        let cancelled: TaskID
        let upload: Submissions.Request

        init(_ engine: Engine) async throws {
            source = try QueueHarness(engine)
            done = try await source.submit([[1, 2], [3]])
            try source.makeWorker().drain()
            let worker = try source.makeWorker()
            parked = try await source.submit([[8]])
            let failing = try #require(try worker.claim())
            try worker.leases.retry(failing.chunks[0], of: failing, after: .seconds(1))
            leased = try await source.submit([[4], [5]])
            _ = try #require(try worker.claim(upToRows: 1))
            waiting = try await source.submit([[6], [7]], priority: .high)
            cancelled = try await source.submit([[9]])
            _ = try await source.submissions.cancel(source.task(cancelled))
            upload = source.uploadRequest()
            try await source.submissions.open(later: upload)
            let receiving = try await source.submissions.resume(
                source.task(upload.draft.id), as: upload, at: 0, receiver: try source.makeOwner(.api)
            ).receiving
            let known = StoredInput(mediaType: "text/csv", options: "[]", resumption: "{}", header: [1, 2])
            try await source.submissions.append([QueueHarness.chunk([1, 2])], to: receiving, input: known)
            // Here all processes die.
        }
    }

    /// Statements of a move go over whole tables: under the time that requests have, a count of a large one was ended by the
    /// server, and the move with it.
    @Test(arguments: Engine.allCases)
    func `every statement of a move may take as long as whole tables need`(engine: Engine) async throws {
        let times = Mutex<[String: String]>([:])
        let isMoving = Atomic<Bool>(false)
        let watch = StatementWatch(
            before: { sql, connection in
                guard isMoving.load(ordering: .relaxed), connection.engine == .postgres, !sql.contains("pg_settings")
                else { return }
                let time = try connection.first(
                    "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"
                ) { $0.text(0) }
                times.withLock { $0[sql] = time }
            }, after: { _, _ in })
        let source = try QueueHarness(engine, watch: watch)
        try await source.submit([[1, 2], [3]])
        try source.makeWorker().drain()
        try await source.submit([[4]])
        let target = try QueueHarness(Self.other(engine), watch: watch)
        isMoving.store(true, ordering: .relaxed)
        let move = Self.move(source, target)
        #expect(try move.run { _ in } == 2)
        isMoving.store(false, ordering: .relaxed)
        let long = "\(Limits.longStatementTime.wholeMilliseconds)"
        #expect(times.withLock { $0.count } > 20)
        #expect(times.withLock { times in times.filter { $0.value != long } }.isEmpty)
    }

    @Test func `a move between engines keeps the key of a task that was forgotten from being given again`() async throws
    {
        let source = try QueueHarness(.sqlite)
        let id = try await source.submit([[1]])
        try source.makeWorker().drain()
        let stored = try source.task(id)
        try await source.submissions.forget(stored)
        let target = try QueueHarness(.postgres)
        _ = try Self.move(source, target).run { _ in }
        let there = try await target.submit([[2]])
        #expect(try target.task(there).key > stored.key)
        try target.makeWorker().drain()
        let last = try target.task(there)
        try await target.submissions.forget(last)
        let back = try QueueHarness(.sqlite)
        _ = try Self.move(target, back, id: "two").run { _ in }
        let again = try await back.submit([[3]])
        #expect(try back.task(again).key > last.key)
    }

    private static func other(_ engine: Engine) -> Engine { engine == .sqlite ? .postgres : .sqlite }

    private static func move(_ source: QueueHarness, _ target: QueueHarness, id: String = "one") -> Move {
        Move(from: source.database, to: target.database, clock: source.clock.wall, newID: { id })
    }

    @Test(arguments: Engine.allCases)
    func `what is done, runs, waits, is parked, cancelled or comes in goes over, and the rest completes`(
        engine: Engine
    ) async throws {
        let scene = try await Scene(engine)
        let source = scene.source
        let target = try QueueHarness(Self.other(engine))
        let before = try source.task(scene.upload.draft.id)
        let owners = try source.read { try $0.first("SELECT max(key) FROM owner") { $0.integer(0) } } ?? 0
        let idle = try Self.idle(source)
        let move = Move(
            from: source.database, to: target.database,
            clock: WallClock { [clock = source.clock] in
                // Each look at the clock is an hour later: uploads get the time back.
                clock.advance(by: .seconds(3_600))
                return clock.wall.now
            }, newID: { "one" })
        #expect(try move.run { _ in } == 6)
        #expect(try target.invariantFaults() == [])
        try target.database.checkSchema()
        #expect(throws: StoreError.moved(to: target.database.name)) { try source.database.checkSchema() }
        #expect(throws: StoreError.moved(to: target.database.name)) { try source.makeOwner(.api) }
        #expect(throws: StoreError.moved(to: target.database.name)) { try Self.move(source, target).run { _ in } }

        #expect(try target.results(scene.done) == [2, 4, 6])
        #expect(try target.task(scene.upload.draft.id).task.rows == before.task.rows)
        #expect(try Self.idle(target) == idle + 3_600_000)
        #expect(try target.makeOwner(.api).key > owners)
        let worker = try target.makeWorker()
        target.clock.advance(by: .seconds(20_000))
        try target.keepHouse(target.makeUpkeep())
        try worker.drain()
        let expected: [(TaskID, [Float?])] = [
            (scene.waiting, [12, 14]), (scene.leased, [8, 10]), (scene.parked, [16]),
        ]
        for (id, numbers) in expected {
            #expect(try target.task(id).task.status == .completed)
            #expect(try target.results(id) == numbers)
        }
        #expect(try target.task(scene.cancelled).task.status == .cancelled)
        let fresh = try await target.submit([[1]])
        try worker.drain()
        #expect(try target.results(fresh) == [2])
        #expect(try target.invariantFaults() == [])
    }

    private static func idle(_ queue: QueueHarness) throws -> Int64 {
        try queue.read {
            try $0.first("SELECT idle_until_ms FROM input WHERE idle_until_ms IS NOT NULL") { $0.integer(0) } ?? 0
        }
    }

    private struct Killed: Error {}

    /// In the first table, in the middle, in the last table, and when the target is let go.
    @Test(arguments: Engine.allCases, [1, 7, 14, 15])
    func `a move that is killed anywhere goes on, and neither end is served meanwhile`(
        engine: Engine, step: Int
    ) async throws {
        let scene = try await Scene(engine)
        let count = Mutex(0)
        let watch = StatementWatch(
            before: { sql, _ in
                guard sql.hasPrefix("UPDATE moved_table") || sql.hasPrefix("UPDATE input SET idle") else { return }
                if count.withLock({
                    $0 += 1; return $0 == step
                }) {
                    throw Killed()
                }
            }, after: { _, _ in })
        let target = try QueueHarness(Self.other(engine), watch: watch)
        #expect(throws: Killed.self) { try Self.move(scene.source, target).run { _ in } }
        #expect(throws: StoreError.arriving(from: scene.source.database.name)) { try target.database.checkSchema() }
        #expect(throws: StoreError.self) { try scene.source.database.checkSchema() }
        #expect(throws: StoreError.self) { try scene.source.makeOwner(.worker) }
        #expect(try Self.move(scene.source, target, id: "two").run { _ in } == 6)
        #expect(try target.results(scene.done) == [2, 4, 6])
        #expect(try target.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `nothing is moved while a process lives, or into what is not empty`(engine: Engine) async throws {
        let source = try QueueHarness(engine)
        try await source.submit([[1]])
        let target = try QueueHarness(Self.other(engine))
        do {
            let owner = try source.makeOwner(.api)
            #expect(throws: StoreError.inUse) { try Self.move(source, target).run { _ in } }
            try owner.leave()
        }
        let another = try source.database.makeElection()
        #expect(try another.tryWin())
        #expect(throws: StoreError.inUse) { try Self.move(source, target).run { _ in } }
        another.resign()
        try source.database.checkSchema()
        try await target.submit([[1]])
        #expect(throws: MoveError.targetUsed(table: "backlog")) { try Self.move(source, target).run { _ in } }
        #expect(throws: MoveError.sameEngine) { try Self.move(source, source).run { _ in } }
        #expect(throws: MoveError.notMoving) { try Self.move(source, target).abandon() }
        try source.database.checkSchema()
        try target.database.checkSchema()
    }

    @Test(arguments: Engine.allCases)
    func `what differs in the target is named, and a move that is given up leaves both ends as before`(
        engine: Engine
    ) async throws {
        let scene = try await Scene(engine)
        let source = scene.source
        let isArmed = Mutex(true)
        let watch = StatementWatch(
            before: { sql, connection in
                // Everything was copied.
                guard sql.hasPrefix("DELETE FROM backlog"), isArmed.withLock({ $0 }) else { return }
                try connection.run("UPDATE task SET name = 'another' WHERE key = 1")
            }, after: { _, _ in })
        let target = try QueueHarness(Self.other(engine), watch: watch)
        #expect(throws: MoveError.differs(["task has other content"])) {
            try Self.move(source, target).run { _ in }
        }
        #expect(throws: StoreError.moving(to: target.database.name)) { try source.database.checkSchema() }
        let third = try QueueHarness(engine)
        #expect(throws: MoveError.targetOfAnother(place: source.database.name)) {
            try Self.move(third, target, id: "three").run { _ in }
        }
        isArmed.withLock { $0 = false }
        try Self.move(source, target).abandon()
        try source.database.checkSchema()
        try target.database.checkSchema()
        #expect(try source.invariantFaults() == [])
        try source.makeWorker().drain()
        #expect(try source.results(scene.leased) == [8, 10])
        #expect(try Self.move(source, target, id: "two").run { _ in } == 6)
        #expect(try target.results(scene.leased) == [8, 10])
    }

    @Test func `a flipped byte of the source is named, and nothing is changed`() async throws {
        let scene = try await Scene(.sqlite)
        let source = scene.source
        try source.database.makeWriter(.durable).transaction { connection in
            let body = try connection.first("SELECT body FROM result ORDER BY chunk LIMIT 1") { $0.blob(0) }
            var flipped = try #require(body)
            flipped[flipped.count - 1] ^= 1
            try connection.run(
                "UPDATE result SET body = ? WHERE chunk = (SELECT min(chunk) FROM result)", .blob(flipped))
        }
        let target = try QueueHarness(.postgres)
        #expect(throws: MoveError.sourceDamaged(["result of chunk 0 of task 1: corrupt_payload"])) {
            try Self.move(source, target).run { _ in }
        }
        try source.database.checkSchema()
        try target.database.checkSchema()
    }

    @Test func `many rows go over in many transactions, each of a bounded size`() async throws {
        let source = try QueueHarness(.sqlite)
        let request = try await source.submit((0..<1_100).map { [Float($0)] })
        let target = try QueueHarness(.postgres)
        var steps: [Int] = []
        _ = try Self.move(source, target).run { step in
            if case .copying("chunk", let rows) = step { steps.append(rows) }
        }
        #expect(steps == [1_000, 1_100])
        #expect(try target.task(request).task.rows.total == 1_100)
    }
}
