/// Searches bytes eight at a time: a word has a byte of a kind exactly when a subtraction borrows there.
///
/// The trick is the classic one of <https://graphics.stanford.edu/~seander/bithacks.html#ZeroInWord>. A borrow can
/// mark bytes above a true match, never below it, so the lowest mark is exact.
enum ByteSearch {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// A word of one byte eight times.
    @inline(__always)
    static func spread(_ byte: UInt8) -> UInt64 { ones &* UInt64(byte) }

    /// The eight bytes at an offset, the first of them lowest.
    @inline(__always)
    static func word(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// High bits where a byte of the word is zero, and nowhere else: for those who ask for more than the lowest.
    @inline(__always)
    static func exactZeros(_ word: UInt64) -> UInt64 { ~((word & ~highBits &+ ~highBits) | word | ~highBits) }

    /// High bits where a byte of the word is zero.
    @inline(__always)
    static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & highBits }

    /// High bits where a byte is a quote, a backslash, a control character or not ASCII: what ends a plain run.
    @inline(__always)
    static func stringMarks(_ word: UInt64) -> UInt64 {
        let quote = zeros(word ^ spread(UInt8(ascii: "\"")))
        let backslash = zeros(word ^ spread(UInt8(ascii: "\\")))
        let control = (word &- spread(0x20)) & ~word & highBits
        return quote | backslash | control | (word & highBits)
    }

    /// Finds the first of two bytes; `end` when there is none.
    @inline(__always)
    static func first(
        of one: UInt8, or other: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Int {
        var position = start
        let (oneWord, otherWord) = (spread(one), spread(other))
        while position &+ 8 <= end {
            let word = word(bytes, at: position)
            let marks = zeros(word ^ oneWord) | zeros(word ^ otherWord)
            if marks != 0 { return position &+ marks.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < end, bytes[position] != one, bytes[position] != other { position &+= 1 }
        return position
    }

    /// Finds the first of three bytes; `end` when there is none.
    @inline(__always)
    static func first(
        of one: UInt8, _ other: UInt8, _ third: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int
    ) -> Int {
        var position = start
        let (oneWord, otherWord, thirdWord) = (spread(one), spread(other), spread(third))
        while position &+ 8 <= end {
            let word = word(bytes, at: position)
            let marks = zeros(word ^ oneWord) | zeros(word ^ otherWord) | zeros(word ^ thirdWord)
            if marks != 0 { return position &+ marks.trailingZeroBitCount >> 3 }
            position &+= 8
        }
        while position < end, bytes[position] != one, bytes[position] != other, bytes[position] != third {
            position &+= 1
        }
        return position
    }

    /// Whether a byte is outside of ASCII.
    @inline(__always)
    static func hasHighByte(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var position = 0
        while position &+ 8 <= bytes.count {
            if word(bytes, at: position) & highBits != 0 { return true }
            position &+= 8
        }
        while position < bytes.count {
            if bytes[position] >= 0x80 { return true }
            position &+= 1
        }
        return false
    }

    /// Finds a byte; `end` when there is none.
    static func first(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        first(of: byte, or: byte, in: bytes, from: start, to: end)
    }

    static func contains(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Bool {
        first(byte, in: bytes, from: 0, to: bytes.count) < bytes.count
    }
}
