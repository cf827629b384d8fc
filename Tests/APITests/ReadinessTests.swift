import Core
import Synchronization
import TestSupport
import Testing

@testable import API

@Suite struct ReadinessTests {
    private let clock = ManualClock()

    private struct Refused: CodedError {
        let code = ErrorCode.storageBusy
        let message = "The disk is full."
    }

    @Test func `a probe is believed for a second, and one serves all that ask meanwhile`() async {
        let count = Mutex(0)
        let readiness = Readiness(clock: clock.steady, stopping: StopSignal()) {
            if count.withLock({
                $0 += 1; return $0
            }) == 1 {
                throw Refused()
            }
        }
        #expect(await readiness.problems().map(\.message) == ["The disk is full."])
        #expect(await readiness.problems().map(\.message) == ["The disk is full."])
        #expect(count.withLock { $0 } == 1)
        clock.advance(by: .seconds(1))
        #expect(await readiness.problems() == [])
    }

    /// A server that does not answer once held each of these requests up for as long as its connection lived.
    @Test func `a database that does not answer is said to be silent, until it answers`() async {
        let answered = Latch()
        let count = Mutex(0)
        let readiness = Readiness(clock: clock.steady, stopping: StopSignal()) {
            count.withLock { $0 += 1 }
            await answered.raised()
        }
        let silence = await readiness.problems()
        #expect(silence.count == 1 && silence[0].message.contains("has not answered"))
        clock.advance(by: Limits.probeWait)
        // Nobody waits again for the probe that waits already, and no other begins.
        for _ in 0..<100 { #expect(await readiness.problems() == silence) }
        #expect(count.withLock { $0 } == 1)
        answered.raise()
        while await readiness.problems() == silence { await Task.yield() }
        #expect(await readiness.problems() == [])
    }
}
