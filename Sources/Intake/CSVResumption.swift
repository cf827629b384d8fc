/// What a table's scanner must know to go on in the middle of a table, at a record boundary.
///
/// Comes from: ``CSVScanner/resumption``. Goes to: a scanner made later, in this process or another.
package struct CSVResumption: Sendable, Equatable, Codable {
    package var format: CSVFormat
    /// Whether no value had shown what a point in a number means when the format was decided.
    package var isUnproven: Bool
    /// Whether UTF-16 has the greater byte of a unit first; the mark that says so is at the table's start only.
    package var isBigEndian: Bool
    /// Whether nobody said the character set, so that a cell that does not look like it fails its row.
    package var isGuessed: Bool
    /// The line of the table, from 1, on which the next record begins.
    package var nextLine: Int
    /// The blank lines that were skipped before it.
    package var blankLines: BlankLines

    package init(
        format: CSVFormat, isUnproven: Bool = false, isBigEndian: Bool = false, isGuessed: Bool = false, nextLine: Int,
        blankLines: BlankLines = BlankLines()
    ) {
        (self.format, self.isUnproven, self.isBigEndian) = (format, isUnproven, isBigEndian)
        (self.isGuessed, self.nextLine, self.blankLines) = (isGuessed, nextLine, blankLines)
    }

    /// Reads a stored resumption.
    ///
    /// - Throws: `DecodingError` when it is none, or when its line is one that no table has.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            format: try values.decode(CSVFormat.self, forKey: .format),
            isUnproven: try values.decode(Bool.self, forKey: .isUnproven),
            isBigEndian: try values.decode(Bool.self, forKey: .isBigEndian),
            isGuessed: try values.decode(Bool.self, forKey: .isGuessed),
            nextLine: try values.decode(Int.self, forKey: .nextLine),
            blankLines: try values.decode(BlankLines.self, forKey: .blankLines))
        // Lines are counted on from it without a look at the end of numbers.
        guard (1...1 << 53).contains(nextLine), (0...1 << 53).contains(blankLines.count) else {
            throw DecodingError.dataCorruptedError(forKey: .nextLine, in: values, debugDescription: "no table's line")
        }
    }

    var style: NumberStyle {
        NumberStyle(decimal: format.decimal, thousands: format.thousands, isUnproven: isUnproven)
    }

    var transcoder: Transcoder? {
        guard case .wide(let width, _) = format.encoding.layout else { return nil }
        return Transcoder(width: width, isBigEndian: isBigEndian)
    }

    var decoder: CellDecoder? { CellDecoder(format.encoding, isGuessed: isGuessed) }
}
