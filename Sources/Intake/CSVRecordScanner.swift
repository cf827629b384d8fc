import Core

/// Scans the records of a table in UTF-8 whose format is known: RFC 4180, any line ends, any cut of the stream.
///
/// Records that lie within one piece are read where they are; one that is cut waits in a buffer for its end.
///
/// Comes from: ``CSVScanner``. Goes to: ``RowsBuilder``.
struct CSVRecordScanner: Sendable {
    /// Which column feeds which input; nil until the header was read.
    var mapping: CSVMapping? { reader.mapping }
    /// Whether no record has ended yet.
    var isAtStart: Bool { reader.isAtStart }
    /// The blank lines that were skipped.
    var blankLines: BlankLines { reader.blankLines }

    private let delimiter: UInt8
    private let rowBytes: Int
    private var reader: CSVRecordReader
    /// The beginning of a record that an earlier piece was cut in.
    private var carried: [UInt8] = []
    /// Where the record begun in ``carried`` stands, or one too long to be held.
    private var boundary: CSVBoundary?
    /// Whether the open record is over its bound and only its end is awaited.
    private var isSkipping = false
    private var line = 1
    /// The most bytes that are held of a record: the two behind it may tell where its line ends.
    private var heldBytes: Int { rowBytes &+ 2 }
    private(set) var ledger: RecordLedger
    /// The character set of the input behind the text.
    private let encoding: CSVEncoding
    private let flagWords: FlagWords
    private let numberWords: String

    /// - Parameters:
    ///   - encoding: what the text was transcoded from: records are measured in it.
    ///   - decoder: reads cells of a character set in which the text still is.
    ///   - mark: the bytes that were skipped before the text.
    init(
        signature: Signature, options: CSVOptions, delimiter: UInt8, style: NumberStyle, encoding: CSVEncoding,
        decoder: CellDecoder?, mark: Int = 0
    ) {
        (self.delimiter, rowBytes, self.encoding) = (delimiter, options.rowBytes, encoding)
        flagWords = FlagWords(options.booleans)
        numberWords = style.isPlain ? "a point" : style.words
        ledger = RecordLedger(mark: mark)
        reader = CSVRecordReader(
            signature: signature, options: options, delimiter: delimiter, style: style, decoder: decoder)
    }

    /// Reads the header of a table, to go on in its middle.
    ///
    /// - Parameters:
    ///   - header: the bytes before the first row.
    ///   - line: the line on which the next record begins.
    /// - Throws: `IntakeError` when these bytes are no header.
    mutating func resume(
        header: UnsafeRawBufferPointer, signature: Signature, line: Int, blankLines: BlankLines
    ) throws {
        var builder = RowsBuilder(signature: signature, chunkRows: 1)
        _ = try feed(header, into: &builder)
        _ = try finish(into: &builder)
        guard builder.count == 0 else { throw IntakeError.malformedHeader(.severalLines) }
        self.line = line
        reader.blankLines = blankLines
        ledger = .resumed(line: line)
    }

    mutating func takeRecords() -> RecordSpans { ledger.take() }

    /// Scans a piece until it ends or the builder is full; see ``RowScanner``.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        var position = 0
        prepare(&builder)
        while position < bytes.count, !builder.isFull {
            if boundary != nil {
                position = try resume(bytes, from: position, into: &builder)
            } else {
                position = try scanInPlace(bytes, from: position, into: &builder)
            }
        }
        return position
    }

    /// Scans the last record, if the input does not end with a line end.
    ///
    /// - Parameter correction: the bytes by which the last record is longer than its text says.
    /// - Returns: whether rows are left, because the builder is full.
    /// - Throws: `IntakeError` when a quoted field is still open, or when not even a header was found.
    mutating func finish(correction: Int = 0, into builder: inout RowsBuilder) throws -> Bool {
        prepare(&builder)
        ledger.open(correction)
        if let boundary {
            if boundary.isInQuotes { throw IntakeError.unclosedQuote(line: line) }
            if isSkipping { endSkipped(into: &builder) } else { try readCarried(into: &builder) }
        }
        if !carried.isEmpty { return true }
        if reader.mapping == nil { throw IntakeError.malformedHeader(.empty) }
        ledger.finish()
        return false
    }

    /// Tells the builder what its messages say of this table.
    private func prepare(_ builder: inout RowsBuilder) {
        builder.flagWords = flagWords
        builder.numberWords = numberWords
        builder.columnNames = reader.columnNames
    }

    // MARK: Records

    /// Reads whole records where they are, until the piece ends, the builder is full, or one is cut.
    private mutating func scanInPlace(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into builder: inout RowsBuilder
    ) throws -> Int {
        var position = start
        while position < bytes.count, !builder.isFull {
            let end = min(bytes.count, position &+ heldBytes)
            guard let next = try reader.read(bytes, from: position, to: end, line: &line, into: &builder) else {
                boundary = CSVBoundary(delimiter: delimiter, isFirst: reader.isAtStart)
                return try resume(bytes, from: position, into: &builder)
            }
            try note(encoding.byteCount(of: bytes, from: position, to: next), into: &builder)
            position = next
        }
        return position
    }

    /// Writes the record that was read last into the ledger.
    @inline(__always)
    private mutating func note(_ count: Int, into builder: inout RowsBuilder) throws {
        switch reader.kind {
        case .row: builder.addRecord(ledger.endRow(count, nextLine: line))
        case .header:
            ledger.endHeader(count, nextLine: line)
            builder.columnNames = reader.columnNames
        case .blank, .hint: try ledger.pass(count, line: line)
        }
    }

    /// Looks for the end of the open record, holding its bytes up to the bound.
    private mutating func resume(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into builder: inout RowsBuilder
    ) throws -> Int {
        guard !isSkipping else { return try skip(bytes, from: start, into: &builder) }
        let end = min(bytes.count, start + heldBytes - carried.count)
        if let next = boundary?.advance(bytes, from: start, to: end) {
            if next < start {
                carried.removeLast()
            } else {
                carried.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<next]))
            }
            try readCarried(into: &builder)
            if next < start { openWithReturn() }
            return max(next, start)
        }
        guard carried.count + (end - start) < heldBytes || end == bytes.count else {
            try beginSkipping(counting: encoding.byteCount(of: bytes, from: start, to: end))
            return end
        }
        carried.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        return end
    }

    /// Reads the record that is held whole, and those behind it: at the input's end the last line may be followed by a
    /// line that is only a carriage return.
    private mutating func readCarried(into builder: inout RowsBuilder) throws {
        let held = carried
        (carried, boundary) = ([], nil)
        try held.withUnsafeBytes { bytes in
            var position = 0
            while position < bytes.count, !builder.isFull || position == 0 {
                let next = try reader.read(
                    bytes, from: position, to: bytes.count, isWhole: true, line: &line, into: &builder)
                let end = next ?? bytes.count
                try note(encoding.byteCount(of: bytes, from: position, to: end), into: &builder)
                position = end
            }
            guard position < bytes.count else { return }
            carried = Array(bytes[position...])
            boundary = CSVBoundary(delimiter: delimiter, isFirst: false)
        }
    }

    /// Begins a record with a carriage return that an earlier piece ended with.
    private mutating func openWithReturn() {
        carried = [CSVBytes.carriageReturn]
        var opened = CSVBoundary(delimiter: delimiter, isFirst: false)
        _ = carried.withUnsafeBytes { opened.advance($0, from: 0, to: 1) }
        boundary = opened
    }

    // MARK: Oversized records

    /// Gives up a record that is over its bound; within quotes its end cannot be trusted to be near.
    ///
    /// Its row is added when its end is found, so that its length is known by then.
    private mutating func beginSkipping(counting count: Int) throws {
        guard boundary?.isInQuotes == false, reader.mapping != nil else { throw IntakeError.rowTooLarge(line: line) }
        let carriedCount = carried.withUnsafeBytes { encoding.byteCount(of: $0, from: 0, to: $0.count) }
        try ledger.pass(carriedCount + count, line: line)
        carried = []
        isSkipping = true
    }

    private mutating func skip(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into builder: inout RowsBuilder
    ) throws -> Int {
        let next = boundary?.advance(bytes, from: start, to: bytes.count)
        let end = max(next ?? bytes.count, start)
        try ledger.pass(encoding.byteCount(of: bytes, from: start, to: end), line: line)
        guard let next else { return bytes.count }
        guard next < start else {
            endSkipped(into: &builder)
            return next
        }
        ledger.open(-encoding.unitBytes)
        endSkipped(into: &builder)
        openWithReturn()
        return start
    }

    private mutating func endSkipped(into builder: inout RowsBuilder) {
        builder.rejectTooLarge(line: line, rowBytes)
        line += 1 + (boundary?.newlineCount ?? 0)
        builder.addRecord(ledger.endRow(0, nextLine: line))
        (boundary, isSkipping) = (nil, false)
    }
}
