extension WallTime {
    /// Reads a moment as RFC 3339 writes it: `2026-11-21T09:30:00.25+01:00`.
    ///
    /// Gives nil for anything that names no one moment: a day or an hour that there is not (30 February, 24:00, a leap
    /// second, which this clock does not have), or a time without a zone. `T` and `Z` may be small letters, and the colon of
    /// the zone may be missing. Digits beyond milliseconds are dropped.
    package init?(_ text: String) {
        var digits = DigitReader(text.utf8)
        guard let year = digits.read(4), digits.skip("-"), let month = digits.read(2), digits.skip("-"),
            let day = digits.read(2), digits.skip("T") || digits.skip("t"), let hour = digits.read(2), digits.skip(":"),
            let minute = digits.read(2), digits.skip(":"), let second = digits.read(2),
            let fraction = digits.readFraction(), let zone = digits.readZone(), digits.isAtEnd
        else { return nil }
        guard (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            second < 60
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - zone
        self.init(milliseconds: seconds * 1_000 + fraction)
    }

    private static func days(in month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The civil calendar's day count: <https://howardhinnant.github.io/date_algorithms.html>.
    private static func daysSince1970(year: Int64, month: Int64, day: Int64) -> Int64 {
        // Years are counted from 1 March, so that the leap day is a year's last; no year here is before 0 but by that.
        let shifted = year - (month <= 2 ? 1 : 0) + 400
        let era = shifted / 400
        let yearOfEra = shifted % 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era - 1) * 146_097 + dayOfEra - 719_468
    }
}

/// Reads digits and marks from a text's beginning to its end.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: mark) else { return false }
        rest.removeFirst()
        return true
    }

    /// A number of so many digits.
    mutating func read(_ count: Int) -> Int64? {
        var number: Int64 = 0
        for _ in 0..<count {
            guard let digit = rest.first, (0x30...0x39).contains(digit) else { return nil }
            number = number * 10 + Int64(digit - 0x30)
            rest.removeFirst()
        }
        return number
    }

    /// Milliseconds behind a point; 0 where there is no point, nil where no digit follows it.
    mutating func readFraction() -> Int64? {
        guard skip(".") else { return 0 }
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard !digits.isEmpty else { return nil }
        rest = rest.dropFirst(digits.count)
        return zip(digits, [100, 10, 1]).reduce(0) { $0 + Int64($1.0 - 0x30) * $1.1 }
    }

    /// Seconds east of Greenwich.
    mutating func readZone() -> Int64? {
        if skip("Z") || skip("z") { return 0 }
        let isEast = skip("+")
        guard isEast || skip("-"), let hours = read(2) else { return nil }
        _ = skip(":")
        guard let minutes = read(2), hours < 24, minutes < 60 else { return nil }
        return (hours * 3_600 + minutes * 60) * (isEast ? 1 : -1)
    }
}
