import Core
import Testing

@testable import HTTP

@Suite struct PaceTests {
    private func at(_ milliseconds: Int) -> Duration { .milliseconds(milliseconds) }

    @Test func `only time in which the other end could have done its part counts`() {
        var meter = PaceMeter()
        #expect(meter.pace(at: at(0)) == nil)
        meter.start(at: at(0))
        meter.moved(1_000, at: at(500))
        meter.stop(at: at(1_000))
        #expect(meter.pace(at: at(60_000)) == nil)
        meter.start(at: at(60_000))
        #expect(meter.pace(at: at(60_500)) == Pace(bytes: 1_000, time: at(1_500)))
    }

    @Test func `a burst is forgotten after a rest`() {
        var meter = PaceMeter()
        meter.start(at: at(0))
        meter.moved(8_000_000, at: at(100))
        #expect(meter.pace(at: at(2_000))?.isTooSlowForCrowd == false)
        #expect(meter.pace(at: at(2_100))?.isTooSlowForCrowd == true)
    }

    @Test func `a burst is forgotten by a trickle`() {
        var meter = PaceMeter()
        meter.start(at: at(0))
        meter.moved(8_000_000, at: at(100))
        for step in 1...50 { meter.moved(1, at: at(100 + step * 100)) }
        #expect(meter.pace(at: at(5_200))?.isTooSlowForCrowd == true)
    }

    @Test func `a steady sender is as fast as it is`() throws {
        var meter = PaceMeter()
        meter.start(at: at(0))
        for step in 1...100 { meter.moved(2_000, at: at(step * 100)) }
        let pace = try #require(meter.pace(at: at(10_000)))
        #expect((15_000.0...25_000.0).contains(pace.bytesPerSecond))
        #expect(!pace.isTooSlowForCrowd)
    }
}
