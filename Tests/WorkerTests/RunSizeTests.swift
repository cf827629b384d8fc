import Core
import TestSupport
import Testing

@testable import Worker

/// A run takes as many rows as its time allows, whatever a model costs.
@Suite struct RunSizeTests {
    private static let runMicroseconds = Double(Limits.runTime.wholeMilliseconds * 1_000)

    @Test func `before the first run the bound by memory holds`() {
        #expect(RunSize(mostRows: 4_096).rows() == 4_096)
    }

    @Test(arguments: [(0.5, 4_096), (40, 1_000), (400, 100), (4_000, 10), (40_000, 1), (6e9, 1)])
    func `a slow model gets few rows and at least one`(cost: Double, rows: Int) {
        var size = RunSize(mostRows: 4_096)
        size.learn(cost, rows: 4_096)
        #expect(size.rows() == rows)
    }

    @Test func `a first single row tells nothing unless it is slow`() {
        var size = RunSize(mostRows: 4_096)
        size.learn(900, rows: 1)
        #expect(size.rows() == 4_096, "a single row costs mostly its run")
        size.learn(Self.runMicroseconds / 2, rows: 1)
        #expect(size.rows() == 2)
    }

    @Test func `single rows hardly move what large runs have taught, and large runs do`() {
        var size = RunSize(mostRows: 4_096)
        size.learn(40, rows: 4_096)
        for _ in 0..<10 { size.learn(400, rows: 1) }
        #expect(size.rows() > 900)
        for _ in 0..<10 { size.learn(400, rows: 4_096) }
        #expect(size.rows() == 100)
    }

    /// A cost that no clock can have measured must not end the worker.
    @Test func `a cost of nothing allows all rows`() {
        var size = RunSize(mostRows: 100)
        size.learn(0, rows: 100)
        #expect(size.rows() == 100)
        size.learn(1e-300, rows: 100)
        #expect(size.rows() == 100)
    }

    @Test(arguments: [(1, 500), (2, 1_000), (4, 4_000), (99, 60_000)])
    func `pauses double up to their bound`(attempts: Int, longest: Int64) {
        var generator = SeededGenerator(seed: 4)
        let pauses = (0..<500).map { _ in
            Backoff.pause(after: attempts, share: .random(in: 0...1, using: &generator)).wholeMilliseconds
        }
        #expect(pauses.allSatisfy { (0...longest).contains($0) })
        #expect(pauses.max()! > longest * 9 / 10)
        #expect(pauses.min()! < longest / 10)
    }
}
