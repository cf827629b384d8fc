import Core
import Store
import Testing

@testable import Queue

/// What a look at a database finds, each kind of damage planted on purpose.
@Suite struct InspectionTests {
    /// A queue with a task that is done, one that waits, and one of a single row.
    private static func harness() async throws -> QueueHarness {
        let harness = try QueueHarness(.sqlite)
        try await harness.submit([[1, 2], [3]])
        try harness.makeWorker().drain()
        try await harness.submit([[4, 5], [6]])
        return harness
    }

    @Test func `a database that nobody harmed is sound`() async throws {
        let harness = try await Self.harness()
        let inspection = try Inspection(of: harness.database)
        #expect(try inspection.structure() == .sound)
        #expect(try inspection.content { try Invariants.faults(in: $0) } == .sound)
        #expect(try inspection.blobs { _ in } == .sound)
    }

    @Test(arguments: [
        ("UPDATE backlog SET rows = rows + 1", "backlog differs"),
        (
            "UPDATE task SET succeeded = succeeded - 1, status = 'completed_with_errors' WHERE key = 1",
            "results are not the rows that are done"
        ),
        ("DELETE FROM result WHERE chunk = 1 << 24", "results are not the rows that are done"),
        ("DELETE FROM payload WHERE chunk = 2 << 24", "chunk without its rows"),
        ("INSERT INTO payload VALUES (99 << 24, x'00')", "something without its task"),
        ("INSERT INTO record VALUES (99 << 24, x'00')", "something without its task"),
        ("INSERT INTO result VALUES (99 << 24, 0, 1, x'00')", "something without its task"),
        ("DELETE FROM chunk WHERE key = 2 << 24", "rows of a task differ"),
    ])
    func `counts that do not add up are named`(damage: String, fault: String) async throws {
        let harness = try await Self.harness()
        try harness.database.makeWriter(.relaxed).transaction { _ = try $0.run(damage) }
        let verdict = try Inspection(of: harness.database).content { try Invariants.faults(in: $0) }
        guard case .faults(let faults) = verdict else {
            Issue.record("nothing was found")
            return
        }
        #expect(faults.contains { $0.hasPrefix(fault + " (") }, "\(faults)")
    }

    @Test(arguments: [("payload", "payload of chunk 0 of task 2"), ("result", "result of chunk 0 of task 1")])
    func `a flipped byte fails its checksum, and its chunk is named`(table: String, place: String) async throws {
        let harness = try await Self.harness()
        try harness.database.makeWriter(.relaxed).transaction { connection in
            let body = try connection.first("SELECT body FROM \(table) ORDER BY chunk LIMIT 1") { $0.blob(0) }
            var flipped = try #require(body)
            flipped[flipped.count - 1] ^= 1
            try connection.run(
                "UPDATE \(table) SET body = ? WHERE chunk = (SELECT min(chunk) FROM \(table))", .blob(flipped))
        }
        let inspection = try Inspection(of: harness.database)
        #expect(try inspection.blobs { _ in } == .faults(["\(place): corrupt_payload"]))
        #expect(try inspection.structure() == .sound)
    }

    @Test func `what a backup's processes held is free after a restore`() async throws {
        let harness = try QueueHarness(.sqlite)
        try await harness.submit([[1], [2], [3]])
        let worker = try harness.makeWorker()
        _ = try worker.claim(upToRows: 2)
        try harness.database.makeWriter(.durable).transaction { connection in
            let owners = try Restoration.prepare(connection)
            #expect(owners == 1)
        }
        #expect(try harness.invariantFaults() == [])
        let suspects = try harness.read { try $0.first("SELECT count(*) FROM chunk WHERE suspect = 1") { $0.int(0) } }
        #expect(suspects == 0)
        let next = try harness.makeWorker()
        #expect(try next.claim() == nil, "nothing runs before the queue is resumed")
        try harness.database.makeWriter(.durable).transaction { try PauseTable.resume(PauseTable.all, in: $0) }
        #expect(try next.claim()?.chunks.count == 3)
    }
}
