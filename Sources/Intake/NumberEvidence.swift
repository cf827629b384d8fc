/// Finds the one style in which all numbers of a sample can be read.
///
/// Each number rules out the styles that cannot read it; one that no style can read is a bad row's and says nothing.
struct NumberEvidence {
    private let styles: [NumberStyle]
    /// A bit for each style that can read all numbers so far.
    private var possible: UInt16
    /// Whether a point or a comma was seen in a number.
    private var hasMark = false
    private var scratch: [UInt8] = []

    /// - Throws: `IntakeError` when the options contradict each other.
    init(_ options: CSVOptions) throws {
        styles = NumberStyle.all.filter {
            $0.decimal == options.decimal ?? $0.decimal && $0.thousands == options.thousands ?? $0.thousands
        }
        guard !styles.isEmpty else { throw IntakeError.ambiguousFormat(.sameSeparator) }
        possible = 1 << UInt16(styles.count) - 1
    }

    /// The style, if the options leave only one.
    var only: NumberStyle? { styles.count == 1 ? styles[0] : nil }

    mutating func add(_ cell: UnsafeRawBufferPointer) {
        let isPlainNumber = cell.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
        guard !isPlainNumber else { return }
        var readers: UInt16 = 0
        for (index, style) in styles.enumerated() where reads(cell, style) { readers |= 1 << UInt16(index) }
        guard readers != 0 else { return }
        possible &= readers
        hasMark = hasMark || cell.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
    }

    private mutating func reads(_ cell: UnsafeRawBufferPointer, _ style: NumberStyle) -> Bool {
        guard style.translate(cell, into: &scratch) else { return false }
        return scratch.withUnsafeBytes { number in
            ScannedNumber.scan(number, from: 0, to: number.count)?.end == number.count
        }
    }

    /// Decides.
    ///
    /// - Throws: `IntakeError` when the numbers contradict each other, or could mean two things.
    func style(delimiter: CSVDelimiter) throws -> NumberStyle {
        let left = styles.indices.filter { possible >> UInt16($0) & 1 == 1 }.map { styles[$0] }
        // A style without groups comes first of its decimal: groups that were never seen are not expected.
        guard let first = left.first else { throw IntakeError.ambiguousFormat(.mixedNumbers) }
        if left.allSatisfy({ $0.decimal == first.decimal }) { return first }
        // Between commas a point is a point: a decimal comma would have to be quoted there, and none was seen.
        if delimiter == .comma, first.thousands == .none { return first }
        guard !hasMark else { throw IntakeError.ambiguousFormat(.decimal) }
        return NumberStyle(decimal: first.decimal, thousands: first.thousands, isUnproven: delimiter != .comma)
    }
}
