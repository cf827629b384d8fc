import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// A bound is told before it is met, not when somebody was refused.
@Suite struct CapacityTests {
    private func fullness(
        rows: Int = 0, of maximumRows: Int = 100, bytes: Int? = nil, upTo maximumBytes: Int? = nil, free: Int64? = nil
    ) -> [String] {
        Fullness(
            rows: rows, maximumRows: maximumRows, storedBytes: bytes, maximumStoredBytes: maximumBytes,
            freeDiskBytes: free
        ).reasons
    }

    @Test func `each bound is told when it is nearly reached, and when it is, with what to do`() {
        #expect(fullness(rows: 94, bytes: 94, upTo: 100, free: Limits.lowDiskBytes).isEmpty)
        #expect(fullness(bytes: 1 << 50, free: nil).isEmpty, "without a bound there is none to reach")
        let cases: [(reasons: [String], says: String, remedy: String)] = [
            (fullness(rows: 95), "queue is nearly full: 95 rows wait", "SIBYL_MAX_WAITING_ROWS"),
            (fullness(rows: 100), "queue is full", "start more workers"),
            (fullness(bytes: 95 << 20, upTo: 100 << 20), "database is nearly full: 95 MiB", "SIBYL_RETENTION_HOURS"),
            (fullness(bytes: 100 << 20, upTo: 100 << 20), "database is full", "SIBYL_MAX_STORED_MB"),
            (fullness(free: Limits.lowDiskBytes - 1), "disk is nearly full: 1023 MiB", "free some"),
            (fullness(free: Limits.freeDiskBytes - 1), "disk is full: 511 MiB", "free some"),
        ]
        for (reasons, says, remedy) in cases {
            #expect(reasons.count == 1 && reasons[0].contains(says) && reasons[0].contains(remedy), "\(reasons)")
        }
    }

    @Test(arguments: QueueHarness.Engine.allCases)
    func `a look shows what is stored, and its bounds`(engine: QueueHarness.Engine) async throws {
        let room = Room(rows: 5, bytes: 1 << 30)
        let queue = try QueueHarness(engine, room: room)
        try await queue.submit([[1], [2, 3]])
        let seen = try Capacity(database: queue.database, readers: queue.database.makeReaders(), room: room).look()
        #expect(seen.rows == 3 && seen.maximumRows == 5 && seen.maximumStoredBytes == 1 << 30)
        // Only a server knows what of its disk is used.
        #expect((seen.storedBytes != nil) == (engine == .sqlite))
        #expect((seen.freeDiskBytes != nil) == (engine == .sqlite))
        if let bytes = seen.storedBytes { #expect(bytes > 4_096 && bytes < 1 << 20) }
    }
}
