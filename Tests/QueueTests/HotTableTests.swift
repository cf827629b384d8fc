import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// The hot table must answer a claim as fast with a million waiting chunks as with ten.
@Suite struct HotTableTests {
    @Test(arguments: [ChunkTable.placeSQL, ChunkTable.readySQL])
    func `a claim walks the index of ready chunks and sorts nothing`(sql: String) throws {
        let queue = try QueueHarness(.sqlite)
        let plan = try queue.read { try $0.plan(of: sql) }
        #expect(plan.count { $0.contains("INDEX chunk_ready (model=?)") } == 1)
        #expect(!plan.contains { $0.contains("B-TREE") || $0.contains("SCAN") && !$0.contains("SUBQUERY") }, "\(plan)")
    }

    @Test func `the work of a claim does not grow with the number of waiting chunks`() throws {
        let queue = try QueueHarness(.sqlite)
        var steps: [Int] = []
        for count in [100, 10_000] {
            try queue.database.makeWriter(.relaxed).transaction { connection in
                try connection.run("DELETE FROM chunk")
                try connection.run(
                    """
                    WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?)
                    INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state)
                    SELECT n << 24, 1, n, 0, 1, 1, 'ready' FROM number
                    """, .integer(count))
            }
            steps.append(
                try queue.read { connection in
                    try connection.countingSteps {
                        _ = try ChunkTable.first(of: 1, at: WallTime(milliseconds: 0), in: connection)
                        _ = try ChunkTable.ready(for: 1, rows: 16, bytes: 1_000, in: connection)
                    }
                })
        }
        #expect(steps[0] > 0)
        #expect(steps[0] == steps[1])
    }

    @Test func `the sum of rows in progress reads only the index of leased chunks`() throws {
        let queue = try QueueHarness(.sqlite)
        let plan = try queue.read {
            try $0.plan(of: "SELECT sum(rows) FROM chunk WHERE state = 'leased' AND key BETWEEN 1 AND 2")
        }
        #expect(plan == ["SEARCH chunk USING INDEX chunk_leased (key>? AND key<?)"])
    }
}
