import Core

/// Turns records into rows: the first into the mapping, each later one into a row of the builder.
struct CSVRecordReader: Sendable {
    /// What a record turned out to be.
    enum RecordKind: Sendable {
        case blank, header, row
    }

    private(set) var mapping: CSVMapping?
    /// What the hot loop asks of the mapping: to look into it there would count the references of its arrays.
    private var (hasMapping, idColumn): (Bool, Int?) = (false, nil)
    /// What the last record was.
    private(set) var kind = RecordKind.blank

    private let signature: Signature
    private let options: CSVOptions
    private let style: NumberStyle
    private var record: CSVRecord
    /// The input that each column feeds; ``nothing`` for columns that pass.
    private var targets: [Int] = []
    /// The columns of a row that are no plain numbers.
    private var leftColumns: [Int] = []
    private var scratch: [UInt8] = []
    /// A number as the scanner reads it, where the table writes it in another way.
    private var numberScratch: [UInt8] = []
    /// Whether the next byte is the input's first.
    private(set) var isAtStart = true

    private static let nothing = -1

    init(signature: Signature, options: CSVOptions, delimiter: UInt8, style: NumberStyle) {
        (self.signature, self.options, self.style) = (signature, options, style)
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
        guard let next = record.split(bytes, from: skipMark(bytes, start, end), to: end, isWhole: isWhole) else {
            return nil
        }
        isAtStart = false
        if record.isBlank {
            kind = .blank
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
        let mapping = try CSVMapping(
            header: record.names(in: bytes, scratch: &scratch), signature: signature, options: options)
        targets = Array(repeating: Self.nothing, count: mapping.columns.count)
        for (input, column) in mapping.columnOfInput.enumerated() {
            if let column { targets[column] = input }
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
        if let column = idColumn {
            record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) { builder.setIDCell($0) }
        }
        if style.isPlain { return readPlainCells(bytes, into: &builder) }
        for column in 0..<targets.count where targets[column] != Self.nothing {
            record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) {
                builder.setCell($0, input: targets[column], style: style, scratch: &numberScratch)
            }
        }
    }

    private mutating func readPlainCells(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) {
        builder.setFloats(record.fields, targets: targets, in: bytes, left: &leftColumns)
        for column in leftColumns {
            record.withBytes(of: record.fields[column], in: bytes, scratch: &scratch) {
                builder.setCell($0, input: targets[column])
            }
        }
    }
}
