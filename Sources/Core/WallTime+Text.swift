extension WallTime: CustomStringConvertible {
    /// The RFC 3339 form in UTC with milliseconds, such as `2026-11-21T09:30:00.000Z`.
    package var description: String {
        String(unsafeUninitializedCapacity: Self.textBytes) { writeText(to: $0.baseAddress!) }
    }

    /// Bytes that any moment's text has at most: the years of 64 bits of milliseconds have nine digits.
    static let textBytes = 32

    /// Writes the text's bytes.
    ///
    /// The calendar is computed here because Foundation's formatters cost more than the rest of an answer. The
    /// day count is the civil calendar's: <https://howardhinnant.github.io/date_algorithms.html>.
    ///
    /// - Parameter place: room for ``textBytes``.
    /// - Returns: the number of bytes.
    func writeText(to place: UnsafeMutablePointer<UInt8>) -> Int {
        let (days, inDay) = milliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Self.civilDate(daysSince1970: days)
        var text = DigitWriter(place: place)
        if (0...9_999).contains(year) { text.write(year, digits: 4) } else { text.write(year) }
        text.write(UInt8(ascii: "-"))
        text.write(month, digits: 2)
        text.write(UInt8(ascii: "-"))
        text.write(day, digits: 2)
        text.write(UInt8(ascii: "T"))
        text.write(inDay / 3_600_000, digits: 2)
        text.write(UInt8(ascii: ":"))
        text.write(inDay / 60_000 % 60, digits: 2)
        text.write(UInt8(ascii: ":"))
        text.write(inDay / 1_000 % 60, digits: 2)
        text.write(UInt8(ascii: "."))
        text.write(inDay % 1_000, digits: 3)
        text.write(UInt8(ascii: "Z"))
        return text.count
    }

    private static func civilDate(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        // Years are counted from 1 March, so that the leap day is a year's last.
        let (era, dayOfEra) = (days + 719_468).quotientAndFloorRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }
}

extension Int64 {
    fileprivate func quotientAndFloorRemainder(dividingBy divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Writes digits to a place, one after the other.
private struct DigitWriter {
    let place: UnsafeMutablePointer<UInt8>
    var count = 0

    mutating func write(_ byte: UInt8) {
        place[count] = byte
        count += 1
    }

    /// A number of a known width, with zeros before it.
    mutating func write(_ number: Int64, digits: Int) {
        var rest = number
        for index in stride(from: count + digits - 1, through: count, by: -1) {
            place[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        count += digits
    }

    /// Any number, with four digits at least: years before or after those that have four.
    mutating func write(_ year: Int64) {
        let text = "\(year)"
        for _ in text.utf8.count..<max(4, text.utf8.count) { write(UInt8(ascii: "0")) }
        for byte in text.utf8 { write(byte) }
    }
}
