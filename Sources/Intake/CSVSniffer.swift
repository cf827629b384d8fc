import Core

/// Finds out how a table is written, from its first bytes: UTF-8, or a character set in which ASCII is one byte.
struct CSVSniffer {
    /// How the table is written.
    struct Finding {
        var delimiter: CSVDelimiter
        var style: NumberStyle
        var encoding: CSVEncoding
    }

    /// How a table reads with one delimiter.
    private struct Candidate {
        let delimiter: CSVDelimiter
        /// The header's names; nil when the model cannot be fed.
        var columns: [String]?
        var mapping: CSVMapping?
        var matches = 0
        var fieldCount = 0
        /// Where the first row begins.
        var rowStart = 0
        /// The header as it was split.
        var header: CSVRecord
    }

    let signature: Signature
    let options: CSVOptions
    /// The character set; nil where the cells must tell.
    let encoding: CSVEncoding?
    private let decoder: CellDecoder?

    init(signature: Signature, options: CSVOptions, encoding: CSVEncoding?) {
        (self.signature, self.options, self.encoding) = (signature, options, encoding)
        decoder = encoding.flatMap { CellDecoder($0) }
    }

    /// Decides on delimiter, character set and numbers.
    ///
    /// - Parameter isWhole: whether the table ends with these bytes.
    /// - Returns: nil when the header does not end within these bytes.
    /// - Throws: `IntakeError` when the table could be read in two ways.
    func sniff(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) throws -> Finding? {
        let delimiters = try delimiters(bytes, isWhole: isWhole)
        let candidates = delimiters.compactMap { candidate($0, bytes, isWhole: isWhole) }
        guard let best = try choose(candidates, of: delimiters.count) else { return nil }
        let found = try encoding ?? encoding(of: bytes, best, isWhole: isWhole)
        let style = try style(of: bytes, best, CellDecoder(found), isWhole: isWhole)
        return Finding(delimiter: best.delimiter, style: style, encoding: found)
    }

    // MARK: Delimiter

    /// The delimiters that may be meant: the one that was said, or that the first line names, or any.
    private func delimiters(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) throws -> [CSVDelimiter] {
        var hidesPipe = false
        if case .bytes(true) = encoding?.layout { hidesPipe = true }
        if hidesPipe, options.delimiter == .pipe { throw IntakeError.ambiguousFormat(.hiddenPipe) }
        if let delimiter = options.delimiter { return [delimiter] }
        if let hint = SeparatorHint.first(of: bytes, isWhole: isWhole) {
            guard let delimiter = hint.delimiter else { throw IntakeError.ambiguousFormat(.unknownHint) }
            return [delimiter]
        }
        return CSVDelimiter.allCases.filter { $0 != .pipe || !hidesPipe }
    }

    /// Reads the header with a delimiter; nil when it does not end.
    private func candidate(_ delimiter: CSVDelimiter, _ bytes: UnsafeRawBufferPointer, isWhole: Bool) -> Candidate? {
        var record = CSVRecord(delimiter: delimiter.byte, keptFields: Limits.rowFields)
        guard let rowStart = record.splitHeader(bytes, isWhole: isWhole) else { return nil }
        var candidate = Candidate(
            delimiter: delimiter, fieldCount: record.fieldCount, rowStart: rowStart, header: record)
        var scratch: [UInt8] = []
        // try? because why a header does not fit is told by the reader, which reads it again.
        if let names = try? record.names(in: bytes, scratch: &scratch, decode: { CellDecoder.name($0, decoder) }),
            let mapping = try? CSVMapping(header: names, signature: signature, options: options)
        {
            (candidate.columns, candidate.mapping) = (names, mapping)
            candidate.matches = mapping.columnOfInput.count { $0 != nil }
        }
        return candidate
    }

    private func choose(_ candidates: [Candidate], of count: Int) throws -> Candidate? {
        let most = candidates.filter { $0.columns != nil }.map(\.matches).max()
        let best = candidates.filter { $0.columns != nil && $0.matches == most }
        if let first = best.first {
            // Where no delimiter occurs in the header, all of them read it alike, and the comma is the rule.
            guard best.allSatisfy({ $0.columns == first.columns }) else {
                throw IntakeError.ambiguousFormat(.delimiter)
            }
            return first
        }
        guard candidates.count == count else { return nil }
        return candidates.reduce(nil) { $0 == nil || $1.fieldCount > $0!.fieldCount ? $1 : $0 }
    }

    // MARK: Cells

    /// Judges by the columns that are read: their names and their cells.
    private func encoding(
        of bytes: UnsafeRawBufferPointer, _ table: Candidate, isWhole: Bool
    ) throws -> CSVEncoding {
        guard let mapping = table.mapping, ByteSearch.hasHighByte(bytes) else { return .utf8 }
        let columns = Set(mapping.columnOfInput.compactMap(\.self) + [mapping.idColumn].compactMap(\.self)).sorted()
        var evidence = EncodingEvidence()
        for column in columns {
            let name = table.header.fields[column]
            evidence.add(UnsafeRawBufferPointer(rebasing: bytes[name.start..<name.end]))
        }
        forEachCell(of: columns, table, bytes, isWhole: isWhole) { cell, _, _ in evidence.add(cell) }
        return try evidence.encoding()
    }

    private func style(
        of bytes: UnsafeRawBufferPointer, _ table: Candidate, _ decoder: CellDecoder?, isWhole: Bool
    ) throws -> NumberStyle {
        var evidence = try NumberEvidence(options)
        if let only = evidence.only { return only }
        let columns = numberColumns(table)
        guard !columns.isEmpty else { return NumberStyle(decimal: options.decimal ?? .point, thousands: .none) }
        var text: [UInt8] = []
        forEachCell(of: columns, table, bytes, isWhole: isWhole) { cell, line, column in
            let place = NumberEvidence.Place(line: line, column: table.columns?[column] ?? "")
            guard let decoder, ByteSearch.hasHighByte(cell) else { return evidence.add(cell, at: place) }
            guard decoder.decode(cell, into: &text) == nil else { return }
            text.withUnsafeBytes { evidence.add($0, at: place) }
        }
        return try evidence.style(delimiter: table.delimiter)
    }

    private func numberColumns(_ table: Candidate) -> [Int] {
        guard let mapping = table.mapping else { return [] }
        return zip(signature.inputs, mapping.columnOfInput).compactMap { input, column in
            input.kind == .string || input.kind == .bool ? nil : column
        }
    }

    /// Calls a closure with the cells of some columns, their line and column, for the rows that end within the bytes.
    private func forEachCell(
        of columns: [Int], _ table: Candidate, _ bytes: UnsafeRawBufferPointer, isWhole: Bool,
        _ body: (UnsafeRawBufferPointer, Int, Int) -> Void
    ) {
        var record = CSVRecord(delimiter: table.delimiter.byte, keptFields: Limits.rowFields)
        var (position, scratch) = (table.rowStart, [UInt8]())
        var line = 1 + CSVBytes.lineEnds(in: bytes, to: table.rowStart)
        while position < bytes.count,
            let next = record.split(bytes, from: position, to: bytes.count, isWhole: isWhole)
        {
            defer { (position, line) = (next, line + 1 + record.newlineCount) }
            guard !record.isMalformed, record.fieldCount == table.fieldCount else { continue }
            for column in columns {
                record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) { body($0, line, column) }
            }
        }
    }
}
