import Core

/// Turns records into rows: the first into the mapping, each later one into a row of the builder.
struct CSVRecordReader: Sendable {
    /// What a record turned out to be.
    enum RecordKind: Sendable {
        /// An empty line of a table with several columns; in a table of one column it is a row with an empty cell.
        case blank
        /// A first line that names the delimiter, such as `sep=;`.
        case hint
        case header, row
    }

    private(set) var mapping: CSVMapping?
    /// What the hot loop asks of the mapping: to look into it there would count the references of its arrays.
    private var (hasMapping, idColumn): (Bool, Int?) = (false, nil)
    /// What the last record was.
    private(set) var kind = RecordKind.blank
    /// The blank lines that were skipped.
    var blankLines = BlankLines()
    /// The column of each input, for messages; nil where it bears the input's own name.
    private(set) var columnNames: [String?] = []

    private let signature: Signature
    private let options: CSVOptions
    private let style: NumberStyle
    /// Reads cells that are not UTF-8; nil where all text is.
    private let decoder: CellDecoder?
    private var record: CSVRecord
    /// The input that each column feeds; ``nothing`` for columns that pass.
    private var targets: [Int] = []
    /// The columns of a row that are no plain numbers.
    private var leftColumns: [Int] = []
    private var scratch: [UInt8] = []
    /// A cell in UTF-8, where the table is in another character set.
    private var textScratch: [UInt8] = []
    /// A number as the scanner reads it, where the table writes it in another way.
    private var numberScratch: [UInt8] = []
    /// Whether the next byte is the input's first.
    private(set) var isAtStart = true

    private static let nothing = -1

    init(
        signature: Signature, options: CSVOptions, delimiter: UInt8, style: NumberStyle, decoder: CellDecoder?
    ) {
        (self.signature, self.options, self.style, self.decoder) = (signature, options, style, decoder)
        record = CSVRecord(delimiter: delimiter, keptFields: Limits.rowFields)
    }

    /// Reads one record.
    ///
    /// - Parameters:
    ///   - isWhole: whether `end` ends the record.
    ///   - line: the line on which the record begins; moved on to that of the next.
    /// - Returns: where the next record begins; nil when this one does not end before `end`, with nothing changed.
    mutating func read(
        _ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, isWhole: Bool = false, line: inout Int,
        into builder: inout RowsBuilder
    ) throws -> Int? {
        let first = skipMark(bytes, start, end)
        guard let next = record.split(bytes, from: first, to: end, isWhole: isWhole) else { return nil }
        let isHint = isAtStart && SeparatorHint.isHint(bytes, from: first, to: next)
        isAtStart = false
        if isHint {
            try SeparatorHint(bytes, from: first, to: next).require(record.delimiter)
            kind = .hint
        } else if record.isBlank, targets.count != 1 {
            blankLines.add(line: line)
            kind = .blank
        } else if next - start > options.rowBytes {
            guard hasMapping else { throw IntakeError.rowTooLarge(line: line) }
            builder.rejectTooLarge(line: line, options.rowBytes)
            kind = .row
        } else if !hasMapping {
            try readHeader(bytes)
            kind = .header
        } else {
            readRow(bytes, line: line, into: &builder)
            kind = .row
        }
        line += 1 + record.newlineCount
        return next
    }

    /// Skips the byte order mark that spreadsheets put before the first record.
    @inline(__always)
    private func skipMark(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
        guard isAtStart, end - start >= 3, bytes[start] == 0xEF, bytes[start + 1] == 0xBB, bytes[start + 2] == 0xBF
        else { return start }
        return start + 3
    }

    // MARK: Header

    private mutating func readHeader(_ bytes: UnsafeRawBufferPointer) throws {
        let names = try record.names(in: bytes, scratch: &scratch) { CellDecoder.name($0, decoder) }
        let mapping = try CSVMapping(header: names, signature: signature, options: options)
        targets = Array(repeating: Self.nothing, count: mapping.columns.count)
        for (input, column) in mapping.columnOfInput.enumerated() {
            if let column { targets[column] = input }
        }
        columnNames = zip(signature.inputs, mapping.columnOfInput).map { input, column in
            column.flatMap { mapping.names[$0] == input.name ? nil : mapping.columns[$0] }
        }
        self.mapping = mapping
        (hasMapping, idColumn) = (true, mapping.idColumn)
    }

    // MARK: Rows

    private mutating func readRow(_ bytes: UnsafeRawBufferPointer, line: Int, into builder: inout RowsBuilder) {
        builder.beginRow(line: line)
        defer { builder.endRow() }
        guard !record.isMalformed else {
            return builder.fail(.malformedCSV, "The row \(CSVProblem.textAfterQuote.rawValue).")
        }
        guard record.fieldCount == targets.count else {
            let counts = "\(record.fieldCount) fields and the header has \(targets.count)"
            return builder.fail(.wrongColumnCount, "The row has \(counts); quote fields that hold the delimiter.")
        }
        if let column = idColumn { readID(column, bytes, into: &builder) }
        if style.isPlain {
            builder.setFloats(record.fields, targets: targets, in: bytes, left: &leftColumns)
            for column in leftColumns { readCell(column, bytes, into: &builder) }
        } else {
            for column in 0..<targets.count where targets[column] != Self.nothing {
                readCell(column, bytes, into: &builder)
            }
        }
    }

    private mutating func readID(_ column: Int, _ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) {
        record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) { cell in
            guard let decoder, ByteSearch.hasHighByte(cell) else { return builder.setIDCell(cell) }
            if let problem = decoder.decode(cell, into: &textScratch) {
                return builder.fail(.invalidUTF8, "The row's id \(problem).")
            }
            textScratch.withUnsafeBytes { builder.setIDCell($0) }
        }
    }

    @inline(__always)
    private mutating func readCell(_ column: Int, _ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) {
        let input = targets[column]
        record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) { cell in
            guard let decoder, ByteSearch.hasHighByte(cell) else {
                return builder.setCell(cell, input: input, style: style, scratch: &numberScratch)
            }
            if let problem = decoder.decode(cell, into: &textScratch) {
                return builder.fail(.invalidUTF8, input, problem)
            }
            textScratch.withUnsafeBytes {
                builder.setCell($0, input: input, style: style, scratch: &numberScratch)
            }
        }
    }
}

/// Blank lines that were skipped in a table.
package struct BlankLines: Sendable, Equatable, Codable {
    package private(set) var count = 0
    /// The line of the first one, from 1; 0 while there is none.
    package private(set) var firstLine = 0

    package init() {}

    mutating func add(line: Int) {
        if count == 0 { firstLine = line }
        count += 1
    }
}
