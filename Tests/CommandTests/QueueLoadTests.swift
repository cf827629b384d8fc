import Foundation
import Queue
import Store
import TestSupport
import Testing

/// Eight processes that do nothing but work on one queue.
@Suite struct QueueLoadTests {
    /// What one process did.
    private struct Tally: Decodable {
        var operations: Int
        var tasks: Int
        var rows: Int
        var waits: [Int]
        var errors: [String]
    }

    private static let program =
        URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().path
        + "/QueueLoad"

    @Test func `eight processes on one queue wait for each other in turn, and damage and lose nothing`() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/queue.db"
        try Database(path: path).migrate()
        let share = Soak.count(1_000, soak: 125_000)
        let start = Date()
        let loads = try (0..<8).map { try Load(path, operations: share, name: "a\($0)") }
        let tallies = try loads.map { try JSONDecoder().decode(Tally.self, from: $0.finish()) }
        let seconds = Date().timeIntervalSince(start)

        #expect(tallies.flatMap(\.errors).isEmpty)
        let operations = tallies.reduce(0) { $0 + $1.operations }
        #expect(operations >= 8 * share)
        #expect(try Database(path: path).check() == nil)
        try Self.expectWhole(path, tasks: tallies.reduce(0) { $0 + $1.tasks }, rows: tallies.reduce(0) { $0 + $1.rows })
        let checked = try ServiceUnderTest().command(["check", "--database", path])
        #expect(checked.code == 0, "\(checked.output)")
        let waits = tallies.flatMap(\.waits).sorted()
        let (half, most) = (waits[waits.count / 2], waits[waits.count * 99 / 100])
        #expect(most < (Soak.isAsked ? 1_000_000 : 5_000_000))
        print(
            "queue: \(operations) operations in \(seconds) s, wait at the gate p50 \(half) µs, p99 \(most) µs,",
            "most \(waits.last!) µs")
    }

    /// Every task done, every row once, and nothing that breaks a rule of the queue.
    private static func expectWhole(_ path: String, tasks: Int, rows: Int) throws {
        try Database(path: path).makeWriter(.relaxed).read { connection in
            let counts = try connection.first(
                "SELECT count(*), sum(rows), sum(succeeded), sum(status = 'completed') FROM task"
            ) { [$0.int(0), $0.int(1), $0.int(2), $0.int(3)] }
            #expect(counts == [tasks, rows, rows, tasks])
            #expect(try Invariants.faults(in: connection).isEmpty)
            #expect(try connection.first("SELECT sum(rows) FROM backlog") { $0.int(0) } == 0)
        }
    }

    /// One process of the load.
    private final class Load {
        private let process = Process()
        private let output = Pipe()

        init(_ path: String, operations: Int, name: String) throws {
            process.executableURL = URL(fileURLWithPath: QueueLoadTests.program)
            process.arguments = [path, "\(operations)", name]
            process.standardOutput = output
            try process.run()
        }

        func finish() throws -> Data {
            let bytes = output.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
            return bytes
        }
    }
}
