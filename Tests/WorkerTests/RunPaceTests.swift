import Core
import Store
import TestSupport
import Testing

@testable import Worker

/// How long runs take, and when memory goes back.
@Suite struct RunPaceTests {
    private let clock = ManualClock()

    @Test func `runs are short while single rows come, and long again a second later`() {
        var pace = RunPace(clock: clock.steady)
        #expect(pace.runTime == Limits.runTime)
        pace.note(Limits.smallChunkRows + 1)
        #expect(pace.runTime == Limits.runTime, "a table's chunk is no handful")
        pace.note(1)
        #expect(pace.runTime == Limits.sharedRunTime)
        clock.advance(by: Limits.sharedTime)
        #expect(pace.runTime == Limits.runTime)
    }

    @Test func `a short run takes a share of the rows`() {
        var size = RunSize(mostRows: 4_096)
        size.learn(40, rows: 4_096)
        #expect(size.rows() == 1_000)
        #expect(size.rows(in: Limits.sharedRunTime) == 250)
    }

    @Test func `memory goes back once after work, and not again at each pause`() {
        var rest = WorkerRest(clock: clock.steady)
        #expect(rest.pause == Limits.memoryRest)
        let atFirst = [rest.giveBack(), rest.giveBack()]
        #expect(atFirst == [true, false])
        #expect(rest.pause == Limits.safetyPoll)
        rest.end()
        let aMomentLater = rest.giveBack()
        #expect(!aMomentLater)
        clock.advance(by: Limits.memoryPause)
        #expect(rest.pause == Limits.memoryRest)
        let atLast = rest.giveBack()
        #expect(atLast)
    }

    @Test func `a small chunk is left for twice as long as a run of such chunks took`() throws {
        var patience = SmallWorkPatience(clock: clock.steady)
        let (chunk, next) = (ChunkKey(rawValue: 1), ChunkKey(rawValue: 2))
        patience.begin(rows: 1)
        clock.advance(by: .milliseconds(4))
        patience.end()
        #expect(patience.pause == .milliseconds(8))
        #expect(look(&patience, at: chunk) == [true, true, false])
        clock.advance(by: .milliseconds(7))
        #expect(look(&patience, at: chunk) == [true, true, false])
        clock.advance(by: .milliseconds(1))
        #expect(look(&patience, at: chunk) == [false, false, false], "nobody took it along")
        #expect(look(&patience, at: next) == [true, true, false])
    }

    /// Whether a chunk is left, and what two looks afterwards say of it.
    private func look(_ patience: inout SmallWorkPatience, at chunk: ChunkKey) -> [Bool] {
        [patience.leaves(chunk), patience.takeTurn(), patience.takeTurn()]
    }

    @Test func `patience has a bound, and knows nothing of the runs of large chunks`() {
        var patience = SmallWorkPatience(clock: clock.steady)
        #expect(patience.pause == Limits.smallWorkPatience)
        patience.begin(rows: Limits.smallChunkRows + 1)
        clock.advance(by: .seconds(1))
        patience.end()
        #expect(patience.pause == Limits.smallWorkPatience)
        patience.begin(rows: 1)
        clock.advance(by: .seconds(1))
        patience.end()
        #expect(patience.pause == Limits.longestPatience)
    }
}
