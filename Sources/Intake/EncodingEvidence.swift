import Core

/// Finds the character set of a table that is one byte an ASCII character, from the cells that are read.
///
/// Other columns say nothing: tables joined from two systems have names in one character set beside texts in another.
struct EncodingEvidence {
    /// Whole sequences of UTF-8, and bytes that are none.
    private var (whole, broken) = (0, 0)
    private var western = WesternText()

    /// How many broken bytes there are at least for each whole sequence where those are chance: `ß“` reads as one.
    private static let chance = 10

    mutating func add(_ cell: UnsafeRawBufferPointer) {
        guard ByteSearch.hasHighByte(cell) else { return }
        var (sequences, position, others) = (0, 0, 0)
        while position < cell.count {
            let length = cell[position] < 0x80 ? 1 : UTF8Check.sequenceLength(in: cell, at: position)
            if length == 0 { others += 1 } else if cell[position] >= 0x80 { sequences += 1 }
            position += max(length, 1)
        }
        broken += others
        guard others > 0 else { return whole += sequences }
        let before = western
        western.add(cell)
        // In a cell of Western text, a sequence such as that of `ß“` is chance.
        let isWestern = western.likely > before.likely && western.unlikely == before.unlikely
        if !isWestern { whole += sequences }
    }

    /// Decides; without a sign of any other the text is UTF-8.
    ///
    /// - Throws: `IntakeError` when it could be several.
    func encoding() throws -> CSVEncoding {
        if broken == 0 || whole >= broken { return .utf8 }
        guard whole * Self.chance <= broken else { throw IntakeError.ambiguousFormat(.twoEncodings) }
        guard western.isLikely else { throw IntakeError.ambiguousFormat(.encoding) }
        return .windows1252
    }
}
