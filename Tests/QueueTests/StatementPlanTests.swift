import Core
import Store
import Synchronization
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// What runs inside the write gate holds up every process: no statement there may grow with what was done before.
@Suite struct StatementPlanTests {
    /// Tables whose size is that of the history, or of the backlog.
    private static let growing = ["task", "payload", "result", "record", "input", "idempotency", "chunk", "parked"]

    /// Every text that the connections inside an object have run so far.
    private func statements(in object: Any, depth: Int = 0) -> Set<String> {
        if let connection = object as? Connection { return connection.preparedTexts }
        guard depth < 4 else { return [] }
        return Mirror(reflecting: object).children.reduce(into: []) {
            $0.formUnion(statements(in: $1.value, depth: depth + 1))
        }
    }

    @Test func `no statement of submissions, leases and upkeep scans what grows`() async throws {
        let queue = try QueueHarness(.sqlite)
        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        try await runEverything(queue, worker, upkeep)
        var texts = try await queue.committer.write(bytes: 0) { $0.preparedTexts }
        let committed = texts.count
        texts.formUnion(statements(in: worker.leases))
        texts.formUnion(statements(in: upkeep))
        texts = texts.filter { text in ["SELECT", "INSERT", "UPDATE", "DELETE"].contains { text.hasPrefix($0) } }
        #expect(committed > 30)
        #expect(texts.count > 60)
        for text in texts.sorted() {
            let plan = try queue.read { try $0.plan(of: text) }
            #expect(faults(of: plan) == [], "\(text)")
        }
    }

    /// Steps that look at more than they need: a scan of a table, or of an index, that holds what is not asked for.
    private func faults(of plan: [String]) -> [String] {
        plan.filter { step in
            if step.contains("TEMP B-TREE") { return true }
            guard let scanned = step.split(separator: " ").drop(while: { $0 != "SCAN" }).dropFirst().first,
                Self.growing.contains(String(scanned))
            else { return false }
            // These indexes hold only what is under way.
            return !step.contains("INDEX chunk_leased") && !step.contains("INDEX task_cancelling")
        }
    }

    /// Uses every verb, so that its statements are known.
    private func runEverything(_ queue: QueueHarness, _ worker: QueueHarness.Worker, _ upkeep: Upkeep) async throws {
        let owner = try queue.makeOwner(.api)
        var dying: Owner? = try queue.makeOwner(.api)
        var later = queue.uploadRequest()
        later.isHeld = true
        later.key = IdempotencyKey("k")
        try await queue.submissions.open(later: later)
        let stored = try queue.task(later.draft.id)
        let lost = try await queue.submissions.resume(stored, as: later, at: 0, receiver: dying!).receiving
        try await queue.submissions.append(
            [QueueHarness.chunkWithRecords([1])], to: lost, input: StoredInput(options: "[]"))
        _ = try await queue.submissions.open(queue.request(), receiver: dying!)
        dying = nil
        _ = try upkeep.rescue()
        let taken = try await queue.submissions.resume(stored, as: later, at: 4, receiver: owner).receiving
        try await queue.submissions.pause(taken)
        let sealed = try await queue.submissions.resume(stored, as: later, at: 4, receiver: owner).receiving
        try await queue.submissions.seal(
            sealed, input: StoredInput(options: "[]"), fingerprint: [UInt8](repeating: 1, count: 32))
        var planned = queue.request()
        planned.isHeld = true
        planned.notBefore = queue.clock.wall.now + .seconds(1)
        planned.draft.deadline = queue.clock.wall.now + .seconds(5)
        let timed = planned
        try await queue.submissions.submit(timed, chunks: [QueueHarness.chunkWithRecords([1, 2])])
        let single = try await queue.submit([[1]])
        let claim = try #require(try worker.claim())
        try worker.leases.retry(claim.chunks[0], of: claim, after: .seconds(1))
        try worker.leases.release(Array(claim.chunks.dropFirst()), of: claim, asSuspects: false)
        queue.clock.advance(by: .seconds(2))
        try queue.keepHouse(upkeep)
        while let claim = try worker.claim(upToRows: 1), try worker.complete(claim, rowCost: 1) == 0 {}
        let broken = try await queue.submissions.open(queue.request(), receiver: owner)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: broken)
        try await queue.submissions.abandon(broken, because: .uploadIncomplete)
        let waiting = try await queue.submit([[1]])
        _ = try await queue.submissions.cancel(queue.task(waiting))
        try queue.keepHouse(upkeep)
        try await queue.submissions.purge(queue.task(later.draft.id))
        try await queue.submissions.forget(queue.task(single))
        try await queue.submit([[1]])
        queue.clock.advance(by: Limits.idempotency + QueueHarness.lease)
        try queue.keepHouse(upkeep)
        try upkeep.releaseSpace(isIdle: true)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: [
        (TaskTable.receivedSQL, "INDEX task_receiving (receiver>? AND receiver<?)"),
        (TaskTable.stoppingSQL, "INDEX task_cancelling"),
        (TaskTable.stoppingRowsSQL, "INDEX task_cancelling"),
        (TaskTable.expiredSQL, "INDEX task_deadline (deadline_ms<?)"),
        (TaskTable.idleSQL, "INDEX input_idle (idle_until_ms<?)"),
        (TaskTable.listSQL, "INDEX task_listed (owner=? AND source=? AND id>? AND id<?)"),
        (TaskTable.endOfLookSQL, "INDEX task_listed (owner=? AND source=? AND id<?)"),
        (TaskTable.deadSQL, "INDEX task_dead (owner=?"),
        (TaskTable.retriesSQL, "INDEX task_parent (parent=?)"),
    ])
    func `a look for tasks walks its own index and sorts nothing`(sql: String, index: String) throws {
        let queue = try QueueHarness(.sqlite)
        let plan = try queue.read { try $0.plan(of: sql) }
        #expect(plan.first?.contains(index) == true, "\(plan)")
        #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("SCAN input") })
    }

    /// Nothing else is asked so often; a transaction around it would be two statements more.
    @Test func `a task is found by one statement`() async throws {
        let seen = Mutex<[String]>([])
        let queue = try QueueHarness(
            .sqlite,
            watch: StatementWatch(before: { sql, _ in seen.withLock { $0.append(sql) } }, after: { _, _ in }))
        let id = try await queue.submit([[1]])
        // Whoever asks first also learns what the model's key stands for.
        _ = try queue.task(id)
        seen.withLock { $0 = [] }
        #expect(try queue.tasks.task(id, owner: "local")?.task.id == id)
        #expect(seen.withLock { $0.count } == 1)
    }

    @Test func `what the keeper looks for costs the same after a long history`() throws {
        let queue = try QueueHarness(.sqlite)
        let now = queue.clock.wall.now
        var steps: [Int] = []
        for count in [10, 5_000] {
            try queue.database.makeWriter(.relaxed).transaction { connection in
                try connection.run(
                    """
                    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
                    INSERT INTO task (id, model, priority, status, input_state, input_bytes, rows, succeeded, chunks,
                        created_ms, completed_ms, deadline_ms, swept_ms)
                    SELECT CAST(printf('%016d', ?1 * 10000 + n) AS BLOB), 1, 'normal', 'completed', 'complete', 0, 1, 1, 1,
                        1, 1, 1, 1 FROM number
                    """, .integer(count))
            }
            steps.append(
                try queue.read { connection in
                    try connection.countingSteps {
                        _ = try TaskTable.overdue(at: now, idleAt: now, in: connection)
                        _ = try TaskTable.stopping(after: 0, in: connection)
                        _ = try TaskTable.received(by: 1, in: connection)
                        _ = try Retention.isAnyDue(at: now, in: connection)
                        _ = try ChunkTable.isAnyDue(at: now, in: connection)
                    }
                })
        }
        #expect(steps[0] > 0)
        #expect(steps[0] == steps[1])
    }
}
