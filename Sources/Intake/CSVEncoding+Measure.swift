/// How many bytes of a table stand behind text that was transcoded to UTF-8.
extension CSVEncoding {
    /// The bytes that a part of the text takes in this character set; parts may be cut anywhere and add up.
    ///
    /// A byte FF, a character that does not exist, stands for one unit; ``Transcoder/finish(into:)`` tells how much
    /// less or more the last one does.
    @inline(__always)
    func byteCount(of text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        let width = unitBytes
        return width == 1
            ? end &- start : Self.transcodedCount(UnsafeRawBufferPointer(rebasing: text[start..<end]), width)
    }

    @inline(never)
    private static func transcodedCount(_ text: UnsafeRawBufferPointer, _ width: Int) -> Int {
        let scalars = TextMeasure.scalarCount(text)
        return width == 2 ? 2 * (scalars + pairCount(text)) : width * scalars
    }

    /// Counts the scalars that UTF-16 writes as two surrogates: those whose first byte is F0 to F7.
    private static func pairCount(_ text: UnsafeRawBufferPointer) -> Int {
        var (count, position) = (0, 0)
        while position &+ 8 <= text.count {
            let word = ByteSearch.word(text, at: position)
            let leads = word & (word << 1) & (word << 2) & (word << 3) & ~(word << 4)
            count &+= (leads & ByteSearch.highBits).nonzeroBitCount
            position &+= 8
        }
        while position < text.count {
            count &+= text[position] & 0xF8 == 0xF0 ? 1 : 0
            position &+= 1
        }
        return count
    }
}
