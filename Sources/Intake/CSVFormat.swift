/// How a table is written: what was said by its sender, or found out from its first bytes.
///
/// Comes from: ``CSVScanner``. Goes to: the caller, as `input_format`.
package struct CSVFormat: Sendable, Equatable, Codable {
    package var delimiter: CSVDelimiter
    package var decimal: CSVDecimal
    package var thousands: CSVThousands
    package var encoding: CSVEncoding
    /// `auto`, or the two words that were stated for true and false, such as `ja,nein`.
    package var booleans: String

    package init(
        delimiter: CSVDelimiter, decimal: CSVDecimal, thousands: CSVThousands, encoding: CSVEncoding,
        booleans: String = "auto"
    ) {
        (self.delimiter, self.decimal, self.thousands) = (delimiter, decimal, thousands)
        (self.encoding, self.booleans) = (encoding, booleans)
    }
}

/// What stands between two fields of a record.
package enum CSVDelimiter: String, Sendable, CaseIterable, Codable {
    case comma = ","
    case semicolon = ";"
    case tab = "\t"
    case pipe = "|"

    var byte: UInt8 {
        switch self {
        case .comma: UInt8(ascii: ",")
        case .semicolon: UInt8(ascii: ";")
        case .tab: UInt8(ascii: "\t")
        case .pipe: UInt8(ascii: "|")
        }
    }
}

/// What stands between a number's whole part and its fraction.
package enum CSVDecimal: String, Sendable, CaseIterable, Codable {
    case point = "."
    case comma = ","
}

/// What stands between groups of three digits.
package enum CSVThousands: String, Sendable, CaseIterable, Codable {
    case none
    case comma = ","
    case point = "."
    /// A space, or one of the spaces that do not break a line (U+00A0, U+202F).
    case space
    /// An apostrophe, straight or typographic (U+2019), as in Switzerland.
    case apostrophe = "'"
}
