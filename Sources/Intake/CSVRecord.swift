import Core

/// One record of a table, split into fields that stay where they are in the input.
///
/// A quote opens a field only as its first byte, as RFC 4180 has it; elsewhere in an unquoted field it is text.
struct CSVRecord: Sendable {
    /// Where a field's content stands, without its quotes.
    struct Field: Sendable {
        var start: Int
        var end: Int
        /// Whether quotes within it are doubled.
        var hasDoubledQuotes: Bool
    }

    let delimiter: UInt8
    /// The most fields that are kept; more are only counted.
    let keptFields: Int
    private(set) var fields: [Field] = []
    private(set) var fieldCount = 0
    /// Line ends within quoted fields.
    private(set) var newlineCount = 0
    /// Whether text follows a closing quote.
    private(set) var isMalformed = false

    init(delimiter: UInt8, keptFields: Int) {
        self.delimiter = delimiter
        self.keptFields = keptFields
    }

    /// Whether the record is an empty line.
    var isBlank: Bool { fieldCount == 1 && fields[0].start == fields[0].end && !isQuoted }
    private var isQuoted = false

    /// Splits the record that begins at a position.
    ///
    /// - Parameter isWhole: whether the input ends at `end`, which then ends the record too.
    /// - Returns: where the next record begins; nil when this one does not end before `end`.
    mutating func split(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int, isWhole: Bool) -> Int? {
        fields.removeAll(keepingCapacity: true)
        (fieldCount, newlineCount, isMalformed, isQuoted) = (0, 0, false, false)
        var position = start
        var marks = FieldMarks(delimiter: delimiter, from: start)
        while true {
            let stop: Int
            if position < end, bytes[position] == CSVBytes.quote {
                guard let found = takeQuoted(bytes, from: position, to: end) else { return nil }
                stop = found
                marks = FieldMarks(delimiter: delimiter, from: stop &+ 1)
            } else {
                stop = marks.next(in: bytes, to: end)
                add(position, stop)
            }
            if stop == end { return isWhole ? end : nil }
            guard bytes[stop] == delimiter else {
                return CSVBytes.lineStart(behind: stop, in: bytes, to: end, isWhole: isWhole)
            }
            position = stop &+ 1
        }
    }

    @inline(__always)
    private mutating func add(_ start: Int, _ end: Int, hasDoubledQuotes: Bool = false) {
        fieldCount &+= 1
        guard fieldCount <= keptFields else { return }
        fields.append(Field(start: start, end: end, hasDoubledQuotes: hasDoubledQuotes))
    }

    /// Takes a quoted field.
    ///
    /// - Returns: where the delimiter or line end after it stands; nil when the field does not end.
    private mutating func takeQuoted(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        var position = start + 1
        var hasDoubledQuotes = false
        isQuoted = true
        while true {
            position = ByteSearch.first(
                of: CSVBytes.quote, CSVBytes.newline, CSVBytes.carriageReturn, in: bytes, from: position, to: end)
            guard position < end else { return nil }
            if bytes[position] != CSVBytes.quote {
                // CR LF is one line end, and counted by its LF.
                let isPair =
                    bytes[position] == CSVBytes.carriageReturn && position + 1 < end
                    && bytes[position + 1] == CSVBytes.newline
                newlineCount += isPair ? 0 : 1
                position += 1
            } else if position + 1 < end, bytes[position + 1] == CSVBytes.quote {
                hasDoubledQuotes = true
                position += 2
            } else {
                break
            }
        }
        let close = position
        let stop = ByteSearch.first(
            of: delimiter, CSVBytes.newline, CSVBytes.carriageReturn, in: bytes, from: close + 1, to: end)
        if stop != close + 1 { isMalformed = true }
        add(start + 1, close, hasDoubledQuotes: hasDoubledQuotes)
        return stop
    }

    /// A field's bytes, doubled quotes undone.
    ///
    /// - Parameter scratch: holds the bytes where they differ from the input's.
    @inline(__always)
    func withBytes<Answer>(
        of field: Field, in bytes: UnsafeRawBufferPointer, scratch: inout [UInt8],
        _ body: (UnsafeRawBufferPointer) throws -> Answer
    ) rethrows -> Answer {
        guard field.hasDoubledQuotes else {
            return try body(UnsafeRawBufferPointer(rebasing: bytes[field.start..<field.end]))
        }
        Self.undouble(bytes, field, into: &scratch)
        return try scratch.withUnsafeBytes(body)
    }

    private static func undouble(_ bytes: UnsafeRawBufferPointer, _ field: Field, into scratch: inout [UInt8]) {
        scratch.removeAll(keepingCapacity: true)
        var position = field.start
        while position < field.end {
            let quote = ByteSearch.first(CSVBytes.quote, in: bytes, from: position, to: field.end)
            // Keep the first quote of a pair and skip the second.
            scratch.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[position..<min(quote + 1, field.end)]))
            position = quote + 2
        }
    }

    /// The fields as the names of a header.
    ///
    /// - Parameter decode: turns the bytes of a name into text, whatever they are.
    /// - Throws: `IntakeError` when there are too many, or when they cannot be told apart.
    func names(
        in bytes: UnsafeRawBufferPointer, scratch: inout [UInt8], decode: (UnsafeRawBufferPointer) -> String
    ) throws -> [String] {
        guard fieldCount <= Limits.rowFields else { throw IntakeError.tooManyColumns }
        guard !isMalformed else { throw IntakeError.malformedHeader(.textAfterQuote) }
        return fields.map { withBytes(of: $0, in: bytes, scratch: &scratch, decode) }
    }
}

extension CSVRecord {
    /// Splits a table's header, behind a byte order mark, a line that names the delimiter and blank lines.
    ///
    /// - Returns: where the first row begins; nil when the header does not end within these bytes.
    mutating func splitHeader(_ bytes: UnsafeRawBufferPointer, isWhole: Bool) -> Int? {
        var position = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        var isFirst = true
        while position < bytes.count {
            guard let next = split(bytes, from: position, to: bytes.count, isWhole: isWhole) else { return nil }
            let isHint = isFirst && SeparatorHint.isHint(bytes, from: position, to: next)
            (position, isFirst) = (next, false)
            if !isHint, !isBlank { return position }
        }
        return nil
    }
}
