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
        /// Behind a quote within quotes: another one is text, anything else ends the field.
        case quoteSeen
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
        if case .quoted = state { true } else { false }
    }

    /// Walks over bytes of the record.
    ///
    /// - Returns: where the next record begins; nil when this one does not end here.
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
            case .quoted:
                position = ByteSearch.first(
                    of: CSVBytes.quote, or: CSVBytes.newline, in: bytes, from: position, to: end)
                guard position < end else { return nil }
                if bytes[position] == CSVBytes.quote { state = .quoteSeen } else { newlineCount += 1 }
            case .fieldStart where bytes[position] == CSVBytes.quote,
                .quoteSeen where bytes[position] == CSVBytes.quote:
                state = .quoted
            case .fieldStart, .plain, .quoteSeen:
                position = ByteSearch.first(of: delimiter, or: CSVBytes.newline, in: bytes, from: position, to: end)
                state = .plain
                guard position < end else { return nil }
                if bytes[position] == CSVBytes.newline { return position + 1 }
                state = .fieldStart
            }
            position += 1
        }
        return nil
    }
}
