/// Finds where a record ends, across the pieces of a stream, without looking at its fields.
///
/// It walks the same states as ``CSVRecord``, and remembers its state between pieces: a long record that comes in
/// small pieces is then read once, not once a piece.
struct CSVBoundary: Sendable {
    private enum State: Sendable {
        /// At the very start of the input, after so many bytes of a byte order mark.
        case mark(Int)
        /// At the first byte of a field: only here a quote opens one.
        case fieldStart
        /// Within a field without quotes, or after one with quotes.
        case plain
        /// Within quotes.
        case quoted
        /// Behind a carriage return within quotes: a line feed makes one line end of both.
        case quotedReturn
        /// Behind a quote within quotes: another one is text, anything else ends the field.
        case quoteSeen
        /// Behind a carriage return that ends the record; a line feed belongs to it.
        case returnSeen
        /// Behind two of them; without a line feed the second one is a line of its own.
        case returnsSeen
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    let delimiter: UInt8
    private var state: State
    /// Line ends within quoted fields.
    private(set) var newlineCount = 0

    /// - Parameter isFirst: whether a byte order mark may come first.
    init(delimiter: UInt8, isFirst: Bool) {
        self.delimiter = delimiter
        state = isFirst ? .mark(0) : .fieldStart
    }

    /// Whether the record cannot end at the next line end.
    var isInQuotes: Bool {
        switch state {
        case .quoted, .quotedReturn: true
        default: false
        }
    }

    /// Walks over bytes of the record.
    ///
    /// - Returns: where the next record begins; nil when this one does not end here. It is the byte before `start` when
    ///   the last byte walked over before was a carriage return that turns out to be a line of its own.
    mutating func advance(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int? {
        var position = start
        while position < end {
            switch state {
            case .mark(let length):
                guard bytes[position] == Self.byteOrderMark[length] else {
                    state = length == 0 ? .fieldStart : .plain
                    continue
                }
                state = length == 2 ? .fieldStart : .mark(length + 1)
            case .quoted, .quotedReturn:
                guard passQuoted(bytes, &position, to: end) else { return nil }
            case .fieldStart where bytes[position] == CSVBytes.quote,
                .quoteSeen where bytes[position] == CSVBytes.quote:
                state = .quoted
            case .fieldStart, .plain, .quoteSeen:
                position = ByteSearch.first(
                    of: delimiter, CSVBytes.newline, CSVBytes.carriageReturn, in: bytes, from: position, to: end)
                state = .plain
                guard position < end else { return nil }
                if bytes[position] == CSVBytes.newline { return position + 1 }
                state = bytes[position] == delimiter ? .fieldStart : .returnSeen
            case .returnSeen:
                if bytes[position] == CSVBytes.newline { return position + 1 }
                guard bytes[position] == CSVBytes.carriageReturn else { return position }
                state = .returnsSeen
            case .returnsSeen:
                return bytes[position] == CSVBytes.newline ? position + 1 : position - 1
            }
            position += 1
        }
        return nil
    }

    /// Goes to the next byte within quotes that means something.
    ///
    /// - Returns: whether there is one.
    private mutating func passQuoted(_ bytes: UnsafeRawBufferPointer, _ position: inout Int, to end: Int) -> Bool {
        if case .quotedReturn = state {
            state = .quoted
            if bytes[position] == CSVBytes.newline { return true }
        }
        position = ByteSearch.first(
            of: CSVBytes.quote, CSVBytes.newline, CSVBytes.carriageReturn, in: bytes, from: position, to: end)
        guard position < end else { return false }
        switch bytes[position] {
        case CSVBytes.quote: state = .quoteSeen
        case CSVBytes.newline: newlineCount += 1
        default:
            newlineCount += 1
            state = .quotedReturn
        }
        return true
    }
}
