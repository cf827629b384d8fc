extension WallTime: CustomStringConvertible {
    /// The RFC 3339 form in UTC with milliseconds, such as `2026-11-21T09:30:00.000Z`.
    ///
    /// The calendar is computed here because Foundation's formatters cost more than the rest of an answer. The
    /// day count is the civil calendar's: <https://howardhinnant.github.io/date_algorithms.html>.
    package var description: String {
        let (days, inDay) = milliseconds.quotientAndFloorRemainder(dividingBy: 86_400_000)
        let (year, month, day) = Self.civilDate(daysSince1970: days)
        var text = ""
        text.reserveCapacity(24)
        text.append(padded: year, to: 4)
        text.append("-")
        text.append(padded: month, to: 2)
        text.append("-")
        text.append(padded: day, to: 2)
        text.append("T")
        text.append(padded: inDay / 3_600_000, to: 2)
        text.append(":")
        text.append(padded: inDay / 60_000 % 60, to: 2)
        text.append(":")
        text.append(padded: inDay / 1_000 % 60, to: 2)
        text.append(".")
        text.append(padded: inDay % 1_000, to: 3)
        text.append("Z")
        return text
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

extension String {
    fileprivate mutating func append(padded number: Int64, to digits: Int) {
        let text = String(number)
        append(String(repeating: "0", count: max(0, digits - text.count)))
        append(text)
    }
}
