/// Checks UTF-8 as The Unicode Standard's table 3-7 defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
///
/// One row that slips through fails the run of all its neighbours, so every text is checked on arrival.
enum UTF8Check {
    /// Finds the first byte that is not part of a well-formed sequence; nil when all are.
    static func firstFault(in bytes: UnsafeRawBufferPointer) -> Int? {
        var position = 0
        while position < bytes.count {
            if position &+ 8 <= bytes.count, ByteSearch.word(bytes, at: position) & ByteSearch.highBits == 0 {
                position &+= 8
            } else if bytes[position] < 0x80 {
                position &+= 1
            } else {
                let length = sequenceLength(in: bytes, at: position)
                if length == 0 { return position }
                position &+= length
            }
        }
        return nil
    }

    /// The length of the well-formed sequence of two to four bytes that begins at a position; 0 when it is ill-formed.
    static func sequenceLength(in bytes: UnsafeRawBufferPointer, at position: Int) -> Int {
        let lead = bytes[position]
        let (length, second): (Int, ClosedRange<UInt8>) =
            switch lead {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE...0xEF: (3, 0x80...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: (0, 0x80...0xBF)
            }
        guard length > 0, bytes.count - position >= length, second.contains(bytes[position + 1]) else { return 0 }
        for offset in 2..<max(length, 2) where bytes[position + offset] & 0xC0 != 0x80 { return 0 }
        return length
    }
}
