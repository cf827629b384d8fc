/// Bytes of a table of numbers in half the room: four bits a character.
///
/// Tables of numbers are digits, signs, points, delimiters and line ends. Deflate makes little less of them, because
/// digits are as good as random, and takes twenty times as long to write and ten times as long to read (measured: 12 ns
/// and 5 ns a byte against 0.5). Eight characters are one word here, as in the scanner.
///
/// Comes from: a caller's records. Goes to: the store.
package struct DigitPacking: Sendable, Equatable {
    /// Four bits a character, the first lowest, eight characters in four bytes; what fills up the last of them is not
    /// looked at.
    package let codes: [UInt8]
    /// The characters that have no code of their own, in order.
    package let others: [UInt8]

    /// The code of a character that stands among ``others``.
    private static let other: UInt64 = 0xF
    /// The part of the characters, one in so many, that may have no code: more of them are text.
    private static let othersPart = 8
    /// So many more may be among the first: text is told from numbers soon, and a table may begin with some words.
    private static let firstOthers = 512

    package init(codes: [UInt8], others: [UInt8]) { (self.codes, self.others) = (codes, others) }

    /// Packs bytes; nil when they are no table of numbers.
    package init?(_ bytes: [UInt8]) {
        var others: [UInt8] = []
        let room = Self.codeBytes(of: bytes.count)
        codes = [UInt8](unsafeUninitializedCapacity: room) { codes, count in
            let target = UnsafeMutableRawBufferPointer(codes)
            bytes.withUnsafeBytes { source in
                while count < room {
                    let start = count &* 2
                    if others.count > Self.firstOthers + start / Self.othersPart { break }
                    let word = Self.word(of: source, at: start)
                    let code = Self.code(of: word) ?? Self.code(of: word, upTo: source.count - start, &others)
                    target.storeBytes(of: Self.narrow(code).littleEndian, toByteOffset: count, as: UInt32.self)
                    count &+= 4
                }
            }
        }
        guard codes.count == room, others.count <= bytes.count / Self.othersPart else { return nil }
        self.others = others
    }

    /// The bytes that were packed.
    ///
    /// - Parameter count: how many they were.
    /// - Throws: ``CompressionError/corrupt`` when the parts do not belong together.
    package func bytes(count: Int) throws -> [UInt8] {
        guard count >= 0, codes.count == Self.codeBytes(of: count) else { throw CompressionError.corrupt }
        var taken = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: codes.count * 2) { target, initialized in
            let room = UnsafeMutableRawBufferPointer(target)
            codes.withUnsafeBytes { source in
                for start in stride(from: 0, to: source.count, by: 4) {
                    let narrow = UInt32(littleEndian: source.loadUnaligned(fromByteOffset: start, as: UInt32.self))
                    let code = Self.widen(narrow)
                    var word = Self.characters(of: code)
                    if Self.marks(of: Self.other, in: code) != 0 { fill(&word, code, upTo: count - start * 2, &taken) }
                    room.storeBytes(of: word.littleEndian, toByteOffset: start * 2, as: UInt64.self)
                }
            }
            initialized = count
        }
        guard taken == others.count else { throw CompressionError.corrupt }
        return bytes
    }

    /// Puts those characters in their places that have no code; `taken` passes their number when there are too few.
    private func fill(_ word: inout UInt64, _ code: UInt64, upTo count: Int, _ taken: inout Int) {
        for place in 0..<min(count, 8) where code >> UInt64(place * 8) & 0xF == Self.other {
            let byte = taken < others.count ? others[taken] : 0
            taken += 1
            word = word & ~(0xFF << UInt64(place * 8)) | UInt64(byte) << UInt64(place * 8)
        }
    }

    private static func codeBytes(of count: Int) -> Int { (count / 8 + (count % 8 == 0 ? 0 : 1)) * 4 }

    // MARK: Words of eight characters

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let lowerHalves: UInt64 = 0x0F0F_0F0F_0F0F_0F0F

    /// The eight characters at an offset, with zeros as digits after the end.
    @inline(__always)
    private static func word(of bytes: UnsafeRawBufferPointer, at start: Int) -> UInt64 {
        if start &+ 8 <= bytes.count {
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var word = ones &* UInt64(UInt8(ascii: "0"))
        for place in 0..<(bytes.count - start) {
            word = word & ~(0xFF << UInt64(place * 8)) | UInt64(bytes[start + place]) << UInt64(place * 8)
        }
        return word
    }

    /// Bit 4 of each byte of a code that is a certain one, which must be below 16.
    @inline(__always)
    private static func marks(of one: UInt64, in code: UInt64) -> UInt64 {
        let difference = code ^ ones &* one
        return ~(difference &+ ones &* 0x0F) & (ones &* 0x10)
    }

    /// The characters that codes stand for: 0 to 9, then line feed, semicolon, comma, minus and point.
    ///
    /// Each is its code with one of three upper halves, so that code and character are one calculation apart.
    @inline(__always)
    private static func characters(of code: UInt64) -> UInt64 {
        // 0x30 below ten and 0x20 above, but 0 for the line feed and 0x30 for the semicolon.
        var upper = ones &* 0x30 ^ (code &+ ones &* 6) & (ones &* 0x10)
        upper ^= marks(of: 0xA, in: code) << 1 ^ marks(of: 0xB, in: code)
        return upper | code
    }

    /// The codes of eight characters; nil when one of them has none.
    @inline(__always)
    private static func code(of word: UInt64) -> UInt64? {
        let code = word & lowerHalves
        return (characters(of: code) ^ word) | marks(of: other, in: code) == 0 ? code : nil
    }

    /// The codes of eight characters of which some have none: these are noted.
    private static func code(of word: UInt64, upTo count: Int, _ others: inout [UInt8]) -> UInt64 {
        let code = word & lowerHalves
        let wrong = characters(of: code) ^ word
        var mended = code
        for place in 0..<min(count, 8) {
            let shift = UInt64(place * 8)
            guard wrong >> shift & 0xFF != 0 || code >> shift & 0xFF == other else { continue }
            others.append(UInt8(truncatingIfNeeded: word >> shift))
            mended |= other << shift
        }
        return mended
    }

    /// Eight codes, a byte each, in half of the bits.
    @inline(__always)
    private static func narrow(_ code: UInt64) -> UInt32 {
        let pairs = (code | code >> 4) & 0x00FF_00FF_00FF_00FF
        let fours = (pairs | pairs >> 8) & 0x0000_FFFF_0000_FFFF
        return UInt32(truncatingIfNeeded: fours | fours >> 16)
    }

    @inline(__always)
    private static func widen(_ narrow: UInt32) -> UInt64 {
        let fours = (UInt64(narrow) | UInt64(narrow) << 16) & 0x0000_FFFF_0000_FFFF
        let pairs = (fours | fours << 8) & 0x00FF_00FF_00FF_00FF
        return (pairs | pairs << 4) & lowerHalves
    }
}
