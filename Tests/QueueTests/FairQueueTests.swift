import Core
import Testing

@testable import Queue

/// The order between callers, as a rule of its own.
@Suite struct FairQueueTests {
    private func admit(
        _ queue: inout FairQueue, _ priority: Priority = .normal, rows: Int?, rowCost: Double = 10
    ) -> FairRank {
        queue.admit(priority: priority, rowCost: rowCost, rows: rows)
    }

    @Test func `a task starts where the order stands, not where it stood once`() {
        var queue = FairQueue(now: 1_000_000, next: 5)
        #expect(admit(&queue, rows: 1).start == 1_000_000)
    }

    /// A number that no integer holds ended the committer's process.
    @Test func `work beyond all bounds ranks last and nothing traps`() {
        var queue = FairQueue(now: 0, next: 0)
        let rank = admit(&queue, .low, rows: nil, rowCost: 1e18).rank(ofRow: 1 << 36, count: 4_096)
        #expect(rank == 1 << 58)
    }

    @Test(arguments: [UInt32(0), 1, .max - 1, .max])
    func `tokens of one process never reach those of the next, after four billion claims either`(claims: UInt32) {
        var tokens = FencingTokens(owner: 7, after: claims)
        for _ in 0..<3 {
            #expect(tokens.current > 7 << 32 && tokens.current < 8 << 32)
            let last = tokens.current
            tokens.advance()
            #expect(tokens.current != last)
        }
    }

    @Test func `the chunks of a task rank behind each other by what they cost`() {
        var queue = FairQueue(now: 0, next: 0)
        let rank = admit(&queue, rows: 3_000)
        #expect([0, 1_000, 2_000].map { rank.rank(ofRow: $0, count: 1_000) } == [40_000, 80_000, 120_000])
    }

    @Test func `of two tasks that start together the smaller goes first, and high before normal before low`() {
        let ranks = [Priority.high, .normal, .low].map { priority in
            var queue = FairQueue(now: 0, next: 0)
            return admit(&queue, priority, rows: 1).rank(ofRow: 0, count: 1)
        }
        #expect(ranks == ranks.sorted() && Set(ranks).count == 3)
        var queue = FairQueue(now: 0, next: 0)
        let large = admit(&queue, rows: 1_000).rank(ofRow: 0, count: 1_000)
        #expect(ranks[1] < large)
    }

    @Test func `a small task of a caller with ten million rows waits for one run of them at most`() {
        var queue = FairQueue(now: 0, next: 0)
        let batch = admit(&queue, rows: 10_000_000)
        // Some of it has run.
        queue.now = batch.rank(ofRow: 400_000, count: 4_000)
        let single = admit(&queue, rows: 1)
        let upcoming = (0..<3).map { batch.rank(ofRow: 404_000 + $0 * 4_000, count: 4_000) }
        #expect(single.rank(ofRow: 0, count: 1) < upcoming[0])
        // And at the batch's very start, when its flow was just pushed.
        var fresh = FairQueue(now: 0, next: 0)
        let first = admit(&fresh, rows: 10_000_000)
        let early = admit(&fresh, rows: 1).rank(ofRow: 0, count: 1)
        #expect(early <= first.rank(ofRow: 4_000, count: 4_000))
    }

    /// Serves two callers' tasks by rank, and counts the work of each while both wait.
    @Test func `callers share alike whatever they bring, and by their weight`() {
        func shares(_ first: Priority, _ second: Priority) -> Double {
            var now: Int64 = 0
            var next: [Int64] = [0, 0]
            var waiting: [(rank: Int64, caller: Int, work: Int)] = []
            var served = [0, 0]
            // The first brings large batches, the second many small tasks.
            for round in 0..<400 {
                for (caller, priority, rows) in [(0, first, 40_000), (1, second, 200)]
                where waiting.count(where: { $0.caller == caller }) < (caller == 0 ? 1 : 200) {
                    for _ in 0..<(caller == 0 ? 1 : 200) {
                        var queue = FairQueue(now: now, next: next[caller])
                        let rank = admit(&queue, priority, rows: rows)
                        next[caller] = queue.next
                        for row in stride(from: 0, to: rows, by: 4_000) {
                            let count = min(4_000, rows - row)
                            waiting.append((rank.rank(ofRow: row, count: count), caller, count))
                        }
                    }
                }
                waiting.sort { $0.rank < $1.rank }
                for _ in 0..<20 where !waiting.isEmpty {
                    let run = waiting.removeFirst()
                    now = max(now, run.rank)
                    if round >= 100 { served[run.caller] += run.work }
                }
            }
            return Double(served[0]) / Double(served[0] + served[1])
        }
        #expect((0.35...0.65).contains(shares(.normal, .normal)))
        #expect(shares(.high, .normal) > 0.65)
        #expect(shares(.low, .normal) < 0.35)
        #expect(shares(.low, .high) > 0.01, "nobody starves")
    }

    @Test func `an upload that goes on takes its place anew`() {
        var queue = FairQueue(now: 70, next: 0)
        var rank = admit(&queue, rows: nil)
        rank.firstRow = 5_000
        #expect(rank.rank(ofRow: 5_000, count: 1) == 70 + 40)
    }
}

/// What deaths tell of a chunk.
@Suite struct SuspicionTests {
    @Test func `a chunk of which nothing is known runs in eight pieces that cover it`() {
        let pieces = Suspicion().pieces(of: 1_000)
        #expect(pieces.count == 8)
        #expect(pieces.flatMap(Array.init) == Array(0..<1_000))
    }

    @Test func `a bad range is cut, the rest is not, and poison is left out`() {
        let suspicion = Suspicion(bad: 100..<116, poison: [7, 500])
        let pieces = suspicion.pieces(of: 1_000)
        #expect(pieces.flatMap(Array.init) == (0..<1_000).filter { $0 != 7 && $0 != 500 })
        #expect(pieces.filter { (100..<116).contains($0.lowerBound) }.map(\.count) == Array(repeating: 2, count: 8))
    }

    @Test(arguments: [1, 2, 7, 8, 9, 64, 1_000, 4_096])
    func `any one killer is found in a few deaths`(rows: Int) {
        for killer in Set([0, rows / 3, rows / 2, rows - 1]) {
            var suspicion = Suspicion()
            var deaths = 0
            while suspicion.poison.isEmpty {
                let piece = suspicion.pieces(of: rows).first { $0.contains(killer) }!
                deaths += 1
                if piece.count == 1 { suspicion = Suspicion(poison: [piece.lowerBound]) } else { suspicion.bad = piece }
            }
            #expect(suspicion.poison == [killer])
            #expect(deaths <= 5, "\(rows) rows, row \(killer): \(deaths) deaths")
            #expect(!suspicion.pieces(of: rows).contains { $0.contains(killer) })
        }
    }
}
