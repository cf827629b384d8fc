import Core

/// Finds the one style in which all numbers of a sample can be read.
///
/// Each number rules out the styles that cannot read it; one that no style can read is a bad row's and says nothing.
struct NumberEvidence {
    /// Where a number stands in the table.
    struct Place: Equatable {
        let line: Int
        /// The column's name as it came.
        let column: String
    }

    /// A number that leaves fewer styles than there were before, with its digits as zeros: its writing, not its value.
    private struct Witness {
        let place: Place
        let shape: String
        let styles: UInt16
    }

    private let styles: [NumberStyle]
    /// A bit for each style that can read all numbers so far.
    private var possible: UInt16
    /// Whether a point or a comma was seen in a number.
    private var hasMark = false
    /// Numbers that ruled a style out, in order: at most one a style.
    private var witnesses: [Witness] = []
    /// The first number that cannot be read as the others before it, with one of these.
    private var contradiction: (Witness, Witness)?
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

    mutating func add(_ cell: UnsafeRawBufferPointer, at place: Place) {
        let isPlainNumber = cell.allSatisfy { $0 &- UInt8(ascii: "0") <= 9 }
        guard !isPlainNumber, contradiction == nil else { return }
        var readers: UInt16 = 0
        for (index, style) in styles.enumerated() where reads(cell, style) { readers |= 1 << UInt16(index) }
        guard readers != 0 else { return }
        hasMark = hasMark || cell.contains { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }
        guard possible & readers != possible else { return }
        let witness = Witness(place: place, shape: Self.shape(cell), styles: readers)
        if possible & readers == 0, let other = witnesses.last(where: { $0.styles & readers == 0 }) ?? witnesses.last {
            contradiction = (other, witness)
        }
        witnesses.append(witness)
        possible &= readers
    }

    private mutating func reads(_ cell: UnsafeRawBufferPointer, _ style: NumberStyle) -> Bool {
        guard style.translate(cell, into: &scratch) else { return false }
        return scratch.withUnsafeBytes { number in
            ScannedNumber.scan(number, from: 0, to: number.count)?.end == number.count
        }
    }

    /// A number's signs, each digit a zero.
    private static func shape(_ cell: UnsafeRawBufferPointer) -> String {
        let text = TextMeasure.trimASCII(cell).prefix(24).map { $0 &- UInt8(ascii: "0") <= 9 ? UInt8(ascii: "0") : $0 }
        return NameList.clean(String(decoding: text, as: UTF8.self))
    }

    /// Decides.
    ///
    /// - Throws: `IntakeError` when the numbers contradict each other, or could mean two things.
    func style(delimiter: CSVDelimiter) throws -> NumberStyle {
        let left = styles.indices.filter { possible >> UInt16($0) & 1 == 1 }.map { styles[$0] }
        // A style without groups comes first of its decimal: groups that were never seen are not expected.
        guard let first = left.first else { throw mixedNumbers }
        if left.allSatisfy({ $0.decimal == first.decimal }) { return first }
        // Between commas a point is a point: a decimal comma would have to be quoted there, and none was seen.
        if delimiter == .comma, first.thousands == .none { return first }
        guard !hasMark else { throw IntakeError.ambiguousFormat(.decimal) }
        return NumberStyle(decimal: first.decimal, thousands: first.thousands, isUnproven: delimiter != .comma)
    }

    private var mixedNumbers: IntakeError {
        guard let (one, other) = contradiction else { return .ambiguousFormat(.mixedNumbers) }
        return .mixedNumbers(
            NumberSighting(one.shape, one.place), NumberSighting(other.shape, other.place))
    }
}

/// One of two ways in which a table writes numbers.
package struct NumberSighting: Sendable, Equatable {
    /// A number's signs, each digit a zero.
    package let shape: String
    package let line: Int
    package let column: String

    init(_ shape: String, _ place: NumberEvidence.Place) {
        (self.shape, line, column) = (shape, place.line, place.column)
    }

    /// The sighting for a message.
    var words: String { "`\(shape)` on line \(line) (column `\(NameList.clean(column))`)" }
}
