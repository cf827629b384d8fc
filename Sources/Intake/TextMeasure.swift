/// Measures text as a reader would: without the white space around it, in Unicode scalars.
enum TextMeasure {
    /// Narrows well-formed UTF-8 to what stands between leading and trailing white space.
    static func trim(_ text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, text.count)
        while start < end {
            let length = whiteSpace(in: text, from: start, to: end)
            if length == 0 { break }
            start += length
        }
        while end > start {
            var last = end - 1
            while last > start, text[last] & 0xC0 == 0x80 { last -= 1 }
            if whiteSpace(in: text, from: last, to: end) != end - last { break }
            end = last
        }
        return UnsafeRawBufferPointer(rebasing: text[start..<end])
    }

    /// Narrows any bytes to what stands between leading and trailing spaces and tabs.
    static func trimASCII(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
        while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    /// Counts the Unicode scalars of well-formed UTF-8: the bytes that do not continue a sequence.
    static func scalarCount(_ text: UnsafeRawBufferPointer) -> Int {
        var (count, position) = (0, 0)
        while position &+ 8 <= text.count {
            let word = ByteSearch.word(text, at: position)
            // A continuation byte is 10xxxxxx: its high bit is set and the next one is not.
            count &+= 8 &- (word & ~(word << 1) & ByteSearch.highBits).nonzeroBitCount
            position &+= 8
        }
        while position < text.count {
            count &+= text[position] & 0xC0 == 0x80 ? 0 : 1
            position &+= 1
        }
        return count
    }

    /// The bytes of the white-space scalar (Unicode property White_Space) at a position; 0 when another stands there.
    private static func whiteSpace(in text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        let first = text[start]
        if first < 0x80 { return first == 0x20 || (0x09...0x0D).contains(first) ? 1 : 0 }
        if first == 0xC2, end - start >= 2 { return text[start + 1] == 0x85 || text[start + 1] == 0xA0 ? 2 : 0 }
        guard (0xE1...0xE3).contains(first), end - start >= 3 else { return 0 }
        switch (first, text[start + 1], text[start + 2]) {
        case (0xE1, 0x9A, 0x80), (0xE2, 0x80, 0x80...0x8A), (0xE2, 0x80, 0xA8...0xA9), (0xE2, 0x80, 0xAF),
            (0xE2, 0x81, 0x9F), (0xE3, 0x80, 0x80):
            return 3
        default: return 0
        }
    }
}
