import Core
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
}
