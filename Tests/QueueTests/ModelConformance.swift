import Core
import Store
import Synchronization
import TestSupport
import Testing

@testable import Queue

/// What becomes of rows whose model version changes or goes, on both engines.
@Suite struct ModelConformance {
    typealias Engine = QueueHarness.Engine

    private static let changed = ModelIdentity(model: "echo", version: "v1", digest: "11")

    private static let other = ModelIdentity(model: "echo", version: "v2", digest: "11")

    private func rival(_ queue: QueueHarness) throws -> ModelIdentity? {
        try queue.database.makeReaders().read { try ModelTable.rival(of: Self.changed, in: $0) }
    }

    private func administration(_ queue: QueueHarness) -> Administration {
        Administration(
            committer: queue.committer, readers: queue.database.makeReaders(), models: queue.models,
            doorbell: queue.doorbell, clock: queue.clock.wall)
    }

    /// `/models` showed the new threshold, and results went by the old one, for ever.
    @Test(arguments: Engine.allCases)
    func `a version's name is taken while a stored task refers to what it was, and free afterwards`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        #expect(try rival(queue) == nil)
        let id = try await queue.submit([[1], [2]])
        #expect(try rival(queue) == QueueHarness.identity, "its rows wait")
        let worker = try queue.makeWorker()
        try worker.drain()
        #expect(try queue.task(id).task.status == .completed)
        #expect(try rival(queue) == QueueHarness.identity, "its results are kept")
        #expect(try queue.database.makeReaders().read { try ModelTable.rival(of: Self.other, in: $0) } == nil)
        try await queue.submissions.purge(try queue.task(id))
        #expect(try rival(queue) == nil)

        let receiving = try await queue.submissions.open(queue.request(), receiver: queue.makeOwner(.api))
        #expect(try rival(queue) == QueueHarness.identity, "its upload has begun")
        try await queue.submissions.abandon(receiving, because: .uploadIncomplete)
        try await queue.submissions.purge(try queue.task(receiving.id))
        #expect(try rival(queue) == nil)
    }

    @Test(arguments: Engine.allCases)
    func `rows that no worker serves are found while workers run, and an operator can fail them`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let administration = administration(queue)
        let small = try await queue.submit([[1]])
        let large = try await queue.submit([[Float]](repeating: [2], count: Limits.strandedChunks + 5))
        #expect(try administration.stranded().isEmpty, "no worker runs, which health tells by itself")
        _ = try Owner(
            .worker, boot: "aa",
            models: [.init(identity: Self.other), .init(identity: QueueHarness.identity, broken: .modelInvalid)],
            database: queue.database, at: queue.clock.wall.now)
        let stranded = try administration.stranded()
        #expect(stranded.map(\.model) == [QueueHarness.identity] && stranded.first?.rows == Limits.strandedChunks + 6)

        let tasks = try administration.tasks(of: try #require(stranded.first), limit: 10).tasks
        #expect(Set(tasks.map(\.task.id)) == [small, large])
        #expect(try await administration.fail(tasks) == 2)
        #expect(
            try administration.tasks(of: stranded[0], limit: 10).tasks.isEmpty, "what is being stopped is not met again"
        )
        try queue.keepHouse(try queue.makeUpkeep())
        for id in [small, large] {
            let task = try queue.task(id).task
            #expect(task.status == .failed && task.failure == .modelUnavailable)
        }
        #expect(try administration.stranded().isEmpty)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `tasks that are served again are neither ended nor replaced, and stranded ones are paged by a place`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let administration = administration(queue)
        let ids = [try await queue.submit([[1], [2]]), try await queue.submit([[3]])]
        _ = try Owner(
            .worker, boot: "aa", models: [.init(identity: Self.other)], database: queue.database,
            at: queue.clock.wall.now)
        let stranded = try #require(try administration.stranded().first)
        #expect(try administration.isServed(Self.other) && !administration.isServed(QueueHarness.identity))
        let all = try administration.tasks(of: stranded, limit: 10)
        #expect(Set(all.tasks.map(\.task.id)) == Set(ids) && all.next == nil)
        var paged: [TaskID] = []
        var place: StrandedTable.Place? = .start
        while let here = place {
            let page = try administration.tasks(of: stranded, from: here, limit: 1)
            #expect(page.tasks.count <= 1)
            paged += page.tasks.map(\.task.id)
            place = page.next
        }
        #expect(Set(paged) == Set(ids), "those before stay where they are, and do not hide the others")

        var request = queue.request()
        request.replaced = all.tasks[1]
        try await queue.submissions.submit(request, chunks: [QueueHarness.chunk([3])])
        #expect(
            try queue.task(all.tasks[1].task.id).task.status == .cancelling
                || queue.task(all.tasks[1].task.id).task.status.isFinal)
        request = queue.request()
        request.replaced = all.tasks[1]
        let again = request
        await #expect(throws: QueueError.notStranded) {
            try await queue.submissions.submit(again, chunks: [QueueHarness.chunk([3])])
        }

        _ = try Owner(
            .worker, boot: "bb", models: [.init(identity: QueueHarness.identity)], database: queue.database,
            at: queue.clock.wall.now)
        #expect(try await administration.fail(all.tasks) == 0)
        #expect(try queue.task(all.tasks[0].task.id).task.status == .pending)
        request = queue.request()
        request.replaced = all.tasks[0]
        let served = request
        await #expect(throws: QueueError.notStranded) {
            try await queue.submissions.submit(served, chunks: [QueueHarness.chunk([3])])
        }
    }

    /// Each took a statement of its own, up to a thousand a page.
    @Test(arguments: Engine.allCases)
    func `a page of stranded tasks is read by one statement`(engine: Engine) async throws {
        let seen = Mutex<[String]>([])
        let watch = StatementWatch(before: { sql, _ in seen.withLock { $0.append(sql) } }, after: { _, _ in })
        let queue = try QueueHarness(engine, watch: watch)
        for _ in 0..<20 { _ = try await queue.submit([[1]]) }
        _ = try Owner(
            .worker, boot: "aa", models: [.init(identity: Self.other)], database: queue.database,
            at: queue.clock.wall.now)
        let stranded = try #require(try administration(queue).stranded().first)
        seen.withLock { $0 = [] }
        #expect(try administration(queue).tasks(of: stranded, limit: 100).tasks.count == 20)
        #expect(seen.withLock { $0.filter { $0.contains("FROM task") }.count } == 1)
    }

    @Test(arguments: Engine.allCases)
    func `rows of a version that one worker serves are not stranded`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        _ = try await queue.submit([[1]])
        _ = try Owner(
            .worker, boot: "aa", models: [.init(identity: QueueHarness.identity)], database: queue.database,
            at: queue.clock.wall.now)
        #expect(try administration(queue).stranded().isEmpty)
    }

    /// The committer, and with it the process, died of the chunk after the last.
    @Test(arguments: Engine.allCases)
    func `a task takes no more chunks than its keys can count, and others go on`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let receiving = try await queue.submissions.open(queue.request(), receiver: queue.makeOwner(.api))
        try queue.database.makeWriter(.durable).transaction { connection in
            _ = try connection.run("UPDATE task SET chunks = ?", .integer(ChunkKey.positions - 1))
        }
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        await #expect(throws: QueueError.tooManyChunks) {
            try await queue.submissions.append([QueueHarness.chunk([2])], to: receiving)
        }
        #expect(QueueError.tooManyChunks.code == .limitReached)
        #expect(try queue.task(receiving.id).task.rows.total == 1, "nothing of the refused chunk is left")
        try await queue.submit([[3]])
    }
}
