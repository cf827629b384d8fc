import Core

/// Scans the records of a table in UTF-8 whose format is known: RFC 4180, any line ends, any cut of the stream.
///
/// Records that lie within one piece are read where they are; one that is cut waits in a buffer for its end.
///
/// Comes from: ``CSVScanner``. Goes to: ``RowsBuilder``.
struct CSVRecordScanner: Sendable {
    /// Which column feeds which input; nil until the header was read.
    var mapping: CSVMapping? { reader.mapping }

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

    init(signature: Signature, options: CSVOptions, delimiter: UInt8, style: NumberStyle) {
        (self.delimiter, rowBytes) = (delimiter, options.rowBytes)
        reader = CSVRecordReader(signature: signature, options: options, delimiter: delimiter, style: style)
    }

    /// Scans a piece until it ends or the builder is full; see ``RowScanner``.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int {
        var position = 0
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
    /// - Throws: `IntakeError` when a quoted field is still open, or when not even a header was found.
    mutating func finish(into builder: inout RowsBuilder) throws {
        if let boundary {
            if boundary.isInQuotes { throw IntakeError.unclosedQuote(line: line) }
            if !isSkipping { try readCarried(into: &builder) }
            (self.boundary, isSkipping) = (nil, false)
        }
        if reader.mapping == nil { throw IntakeError.malformedHeader(.empty) }
    }

    // MARK: Records

    /// Reads whole records where they are, until the piece ends, the builder is full, or one is cut.
    private mutating func scanInPlace(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into builder: inout RowsBuilder
    ) throws -> Int {
        var position = start
        while position < bytes.count, !builder.isFull {
            let end = min(bytes.count, position &+ rowBytes)
            guard let next = try reader.read(bytes, from: position, to: end, line: &line, into: &builder) else {
                boundary = CSVBoundary(delimiter: delimiter, isFirst: reader.isAtStart)
                return try resume(bytes, from: position, into: &builder)
            }
            position = next
        }
        return position
    }

    /// Looks for the end of the open record, holding its bytes up to the bound.
    private mutating func resume(
        _ bytes: UnsafeRawBufferPointer, from start: Int, into builder: inout RowsBuilder
    ) throws -> Int {
        guard !isSkipping else { return skip(bytes, from: start) }
        let end = min(bytes.count, start + rowBytes - carried.count)
        if let next = boundary?.advance(bytes, from: start, to: end) {
            carried.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<next]))
            try readCarried(into: &builder)
            return next
        }
        guard carried.count + (end - start) < rowBytes || end == bytes.count else {
            try rejectOversized(into: &builder)
            return end
        }
        carried.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
        return end
    }

    private mutating func readCarried(into builder: inout RowsBuilder) throws {
        let record = carried
        (carried, boundary) = ([], nil)
        try record.withUnsafeBytes {
            _ = try reader.read($0, from: 0, to: $0.count, isWhole: true, line: &line, into: &builder)
        }
    }

    // MARK: Oversized records

    /// Gives up a record that is over its bound; within quotes its end cannot be trusted to be near.
    private mutating func rejectOversized(into builder: inout RowsBuilder) throws {
        guard boundary?.isInQuotes == false, reader.mapping != nil else { throw IntakeError.rowTooLarge(line: line) }
        builder.reject(
            line: line, code: .rowTooLarge, message: "The row is longer than \(rowBytes) bytes; shorten it.")
        carried = []
        isSkipping = true
    }

    private mutating func skip(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        guard let next = boundary?.advance(bytes, from: start, to: bytes.count) else { return bytes.count }
        line += 1 + (boundary?.newlineCount ?? 0)
        (boundary, isSkipping) = (nil, false)
        return next
    }
}
