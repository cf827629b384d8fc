import Core
import Foundation
import TestSupport
import Testing

@Suite struct WallTimeTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (-86_400_000, "1969-12-31T00:00:00.000Z"),
        (951_696_000_000, "2000-02-28T00:00:00.000Z"),
        (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (951_868_799_999, "2000-02-29T23:59:59.999Z"),
        (951_868_800_000, "2000-03-01T00:00:00.000Z"),
        (1_709_164_800_000, "2024-02-29T00:00:00.000Z"),
        (4_107_456_000_000, "2100-02-28T00:00:00.000Z"),
        (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
        (-2_203_977_600_000, "1900-02-28T00:00:00.000Z"),
        (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        (253_402_300_800_000, "10000-01-01T00:00:00.000Z"),
        (.max, "292278994-08-17T07:12:55.807Z"),
    ])
    func `moments are written in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(WallTime(milliseconds: milliseconds).description == text)
    }

    @Test func `the calendar agrees with Foundation's on any day of eight hundred years`() {
        var generator = SeededGenerator(seed: 11)
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<5_000 {
            let seconds = Int64.random(in: -11_676_096_000...13_569_465_600, using: &generator)
            let date = Date(timeIntervalSince1970: Double(seconds))
            #expect(WallTime(milliseconds: seconds * 1_000).description == date.formatted(style))
        }
    }

    @Test func `adding and taking away durations keeps milliseconds`() {
        let time = WallTime(milliseconds: 1_000)
        #expect((time + .milliseconds(-1_500)).milliseconds == -500)
        #expect(time - WallTime(milliseconds: 2_500) == .milliseconds(-1_500))
        #expect(WallTime(milliseconds: 1) < WallTime(milliseconds: 2))
    }

    @Test func `durations are cut toward zero to whole milliseconds`() {
        #expect(Duration.microseconds(1_999).wholeMilliseconds == 1)
        #expect(Duration.microseconds(-1_999).wholeMilliseconds == -1)
        #expect(Duration.seconds(3).wholeMilliseconds == 3_000)
        #expect(Duration.milliseconds(250).inSeconds == 0.25)
        #expect(Duration.milliseconds(-1_250).inSeconds == -1.25)
    }
}
