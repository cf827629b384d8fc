import Core

/// Reads the cells of a table in a character set other than UTF-8; cells that nobody reads stay as they are.
struct CellDecoder: Sendable {
    let encoding: CSVEncoding
    /// Whether nobody said the character set: a cell that does not look like it is then refused.
    let isGuessed: Bool
    private let converter: CharacterConverter

    /// - Returns: nil for character sets whose tables are UTF-8 by the time they are split.
    init?(_ encoding: CSVEncoding, isGuessed: Bool = false) {
        guard case .bytes = encoding.layout,
            let converter = CharacterConverter(from: encoding.rawValue, to: "UTF-8")
        else { return nil }
        (self.encoding, self.isGuessed, self.converter) = (encoding, isGuessed, converter)
    }

    /// Decodes a cell.
    ///
    /// - Parameter text: the cell in UTF-8 afterwards.
    /// - Returns: what is wrong with it, to follow its name; nil when nothing is.
    func decode(_ cell: UnsafeRawBufferPointer, into text: inout [UInt8]) -> String? {
        text.removeAll(keepingCapacity: true)
        converter.convert(cell, into: &text)
        if isGuessed, contradicts(cell) {
            return
                "does not look like `\(encoding.rawValue)`, the character set guessed from earlier rows; give `encoding`, or "
                + "save the file as UTF-8"
        }
        guard text.withUnsafeBytes({ UTF8Check.firstFault(in: $0) == nil && !hasControls($0) }) else {
            return
                "has bytes that are not valid in `\(encoding.rawValue)`; give the table's real `encoding`, or save it as "
                + "UTF-8"
        }
        return nil
    }

    /// Reads names where no other character set is known, so that a person recognises them.
    private static let western = CellDecoder(.windows1252)

    /// A column's name, with marks for what cannot be read.
    ///
    /// Without a decoder it is UTF-8, or else Windows-1252, whatever the cells turn out to be: refusals show the name, and the
    /// sniffer and the reader must find the same columns.
    static func name(_ bytes: UnsafeRawBufferPointer, _ decoder: CellDecoder?) -> String {
        guard ByteSearch.hasHighByte(bytes) else { return String(decoding: bytes, as: UTF8.self) }
        guard let decoder = decoder ?? (UTF8Check.firstFault(in: bytes) == nil ? nil : western) else {
            return String(decoding: bytes, as: UTF8.self)
        }
        var text: [UInt8] = []
        decoder.converter.convert(bytes, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private func contradicts(_ cell: UnsafeRawBufferPointer) -> Bool {
        if UTF8Check.firstFault(in: cell) == nil { return true }
        var text = WesternText()
        text.add(cell)
        return text.unlikely > text.likely
    }

    /// Whether text has the control characters U+0080 to U+009F: in no table do they mean anything, and the ISO sets have
    /// them where those of Windows have quotes and dashes.
    private func hasControls(_ text: UnsafeRawBufferPointer) -> Bool {
        for position in text.indices.dropLast() where text[position] == 0xC2 {
            // U+0085 is a line end of some old machines.
            if (0x80...0x9F).contains(text[position + 1]), text[position + 1] != 0x85 { return true }
        }
        return false
    }
}
