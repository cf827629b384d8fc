/// Finds delimiters and line ends one after the other; each word of eight bytes is looked at once, whatever it holds.
///
/// Fields of numbers are about as long as a word: to search anew from the start of each would look at most bytes twice.
struct FieldMarks {
    private let delimiters: UInt64
    /// The high bits of those bytes of the last word that are still to be told.
    private var marks: UInt64 = 0
    /// Where the last word begins, and where the next.
    private var (wordStart, position): (Int, Int)

    @inline(__always)
    init(delimiter: UInt8, from start: Int) {
        delimiters = ByteSearch.spread(delimiter)
        (wordStart, position) = (start, start)
    }

    /// Finds the next; `end` when there is none.
    @inline(__always)
    mutating func next(in bytes: UnsafeRawBufferPointer, to end: Int) -> Int {
        while marks == 0 {
            guard position < end else { return end }
            let word = position &+ 8 <= end ? ByteSearch.word(bytes, at: position) : Self.rest(bytes, position, end)
            marks =
                ByteSearch.exactZeros(word ^ delimiters)
                | ByteSearch.exactZeros(word ^ ByteSearch.spread(CSVBytes.newline))
                | ByteSearch.exactZeros(word ^ ByteSearch.spread(CSVBytes.carriageReturn))
            wordStart = position
            position &+= 8
        }
        let stop = wordStart &+ marks.trailingZeroBitCount >> 3
        marks &= marks &- 1
        return stop
    }

    /// The last bytes, with zeros behind them, which are neither a delimiter nor a line end.
    private static func rest(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> UInt64 {
        var word: UInt64 = 0
        for place in 0..<(end - start) { word |= UInt64(bytes[start + place]) << UInt64(place * 8) }
        return word
    }
}
