import Core
import Glibc

@testable import Intake

/// Numbers: the scanner agrees with the C library, to the bit for floats, and a short cell with the general way.
enum NumberFuzz {
    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let style = choices.pick(NumberStyle.all)
        let text = Array(choices.rest.prefix(Limits.numberBytes))
        try text.withUnsafeBytes { text in
            try compare(text)
            try compareShort(text)
            try expectPlain(text, style)
        }
    }

    private static func compare(_ text: UnsafeRawBufferPointer) throws {
        guard let (number, end) = ScannedNumber.scan(text, from: 0, to: text.count), end == text.count else { return }
        let decimal = String(decoding: text, as: UTF8.self)
        let (float, double) = (strtof(decimal, nil), strtod(decimal, nil))
        let reading = number.reading(of: text, minimum: -1e300, maximum: 1e300)
        try Finding.unless(reading.float.bitPattern == float.bitPattern, "\(reading.float) is not \(float)")
        try Finding.unless(
            reading.double == double || abs(reading.double - double) <= abs(double) * 0x1p-50,
            "\(reading.double) is not \(double)")
        // A number compared with a bound is exact.
        let bounded = number.reading(of: text, minimum: double, maximum: double)
        if double.isFinite { try Finding.unless(bounded.double == double, "\(bounded.double) is not its bound") }
        if let integer = number.integer {
            try Finding.unless(abs(Double(integer) - double) <= abs(double) * 0x1p-52, "\(integer) is not \(double)")
        }
        let digits = decimal.hasPrefix("+") ? String(decimal.dropFirst()) : decimal
        if !digits.contains(where: { !$0.isNumber && $0 != "-" }) {
            try Finding.unless(
                number.integer == Int64(digits), "\(digits) became \(String(describing: number.integer))")
        }
    }

    private static func compareShort(_ text: UnsafeRawBufferPointer) throws {
        guard (1...8).contains(text.count), let short = ScannedNumber.short(text) else { return }
        guard let (number, end) = ScannedNumber.scan(text, from: 0, to: text.count), end == text.count else {
            throw Finding(description: "the short way reads what is no number")
        }
        let (one, other) = (
            short.reading(of: text, minimum: 0, maximum: 1), number.reading(of: text, minimum: 0, maximum: 1)
        )
        try Finding.unless(
            one.float.bitPattern == other.float.bitPattern && one.double == other.double
                && short.integer == number.integer, "the short way reads \(one.double), the other \(other.double)")
    }

    /// What a style turned into digits with a point has no separator of any style left.
    private static func expectPlain(_ text: UnsafeRawBufferPointer, _ style: NumberStyle) throws {
        var number: [UInt8] = []
        guard style.translate(text, into: &number) else { return }
        try Finding.unless(number.count <= text.count, "a number grew")
    }
}
