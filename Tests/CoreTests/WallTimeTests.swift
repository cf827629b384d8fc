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

/// Moments as people and programs write them: RFC 3339.
@Suite struct WallTimeReadingTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T09:30:00Z", 1_795_253_400_000),
        ("2026-11-21T09:30:00.5Z", 1_795_253_400_500), ("2026-11-21T09:30:00.123456789Z", 1_795_253_400_123),
        ("2026-11-21t09:30:00z", 1_795_253_400_000), ("2026-11-21T10:30:00+01:00", 1_795_253_400_000),
        ("2026-11-21T04:30:00-0500", 1_795_253_400_000), ("2026-11-21T15:00:00+05:30", 1_795_253_400_000),
        ("2026-11-21T09:30:00-00:00", 1_795_253_400_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000),
        ("2000-02-29T00:00:00Z", 951_782_400_000), ("0000-03-01T00:00:00Z", -62_162_035_200_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000), ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
    ])
    func `a moment is read in any zone`(text: String, milliseconds: Int64) {
        #expect(WallTime(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "2099-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
        "2026-01-01T24:00:00Z", "2026-01-01T24:60:00Z", "2026-01-01T23:60:00Z", "2098-12-31T23:59:60Z",
        "2026-01-01T00:00:00", "2026-01-01", "2026-01-01T00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00 02:00",
        "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+02:60", "2026-01-01T00:00:00+2", "2026-01-01T00:00:00.Z",
        "2026-01-01T00:00:00,5Z", "20260101T000000Z", "2026-1-1T00:00:00Z", "1767225600", "tomorrow", "", "Z",
        "2026-01-01T00:00:00Z ", "+2026-01-01T00:00:00Z", "２０２６-01-01T00:00:00Z",
    ])
    func `what names no one moment is refused`(text: String) {
        #expect(WallTime(text) == nil)
    }

    @Test func `what is written is read again`() {
        for day in stride(from: -700_000, through: 2_900_000, by: 997) {
            let time = WallTime(milliseconds: Int64(day) * 86_400_000 + 12_345_678)
            if time.description.hasPrefix("-") || time.description.utf8.count > 24 { continue }
            #expect(WallTime(time.description) == time, "\(time)")
        }
    }
}
