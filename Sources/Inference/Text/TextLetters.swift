/// Turns texts into small letters and marks which bytes are parts of words: the first pass of the kernel.
struct TextLetters {
    let lowercases: Bool
    let characters: TextGraph.WordCharacters
    /// At hand, because to ask whether it is made yet takes as long as to look into it.
    private let known = Characters.known

    init(lowercases: Bool, characters: TextGraph.WordCharacters) {
        (self.lowercases, self.characters) = (lowercases, characters)
    }

    /// Reads a text into a scratch.
    ///
    /// - Returns: the bytes that ``TextScratch/letters`` holds.
    func read(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int {
        scratch.reserve(text.count)
        let plainEnd = readASCII(text, into: scratch)
        scratch.isASCII = plainEnd != nil
        let end = plainEnd ?? readAll(text, into: scratch)
        // Words are looked up sixteen bytes at a time, and marks read sixty-four at a time.
        scratch.letters.storeBytes(of: .zero, toByteOffset: end, as: SIMD2<UInt64>.self)
        return end
    }

    // MARK: All characters

    /// Reads a text character by character.
    private func readAll(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int {
        let marks = scratch.marks.assumingMemoryBound(to: UInt64.self)
        let most = 2 * text.count + 8
        for index in 0...most / 64 + 1 { marks[index] = 0 }
        var (at, end) = (0, 0)
        while at < text.count {
            let (scalar, length) = Self.decode(text, at)
            let traits = known.traits(of: scalar)
            if lowercases, traits.contains(.changes) {
                if scalar < 0x80 {
                    append(scalar | 0x20, scratch, &end)
                } else {
                    for small in small(scalar, text, at, at + length) { append(small, scratch, &end) }
                }
            } else {
                for index in at..<at + length {
                    scratch.letters.storeBytes(of: text[index], toByteOffset: end + index - at, as: UInt8.self)
                }
                if isOfWord(scalar, traits) { Self.mark(end, length, in: scratch) }
                end += length
            }
            at += length
        }
        return end
    }

    private func small(_ scalar: UInt32, _ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> [UInt32] {
        guard scalar == Characters.capitalSigma else { return Characters.lowercase(of: scalar) }
        return [
            Self.endsWord(text, from: start, to: end) ? Characters.finalSigma : Characters.smallSigma
        ]
    }

    /// Whether a sigma is the last of its word's letters: a letter with case comes before it, and none after.
    private static func endsWord(_ text: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
        var before = start
        var follows = false
        while before > 0 {
            before -= 1
            while before > 0, text[before] & 0xC0 == 0x80 { before -= 1 }
            guard let isCased = Characters.isCased(decode(text, before).scalar) else { continue }
            follows = isCased
            break
        }
        guard follows else { return false }
        var after = end
        while after < text.count {
            let (scalar, length) = decode(text, after)
            if let isCased = Characters.isCased(scalar) { return !isCased }
            after += length
        }
        return true
    }

    /// The character at a place; of bytes that are no UTF-8, which nothing lets through, one that is part of no word.
    private static func decode(_ text: UnsafeRawBufferPointer, _ at: Int) -> (scalar: UInt32, length: Int) {
        let first = UInt32(text[at])
        if first < 0x80 { return (first, 1) }
        let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2
        guard first >= 0xC2, first < 0xF5, at + length <= text.count else { return (0xFFFD, 1) }
        var scalar = first & (0x7F >> UInt32(length))
        for index in at + 1..<at + length {
            guard text[index] & 0xC0 == 0x80 else { return (0xFFFD, 1) }
            scalar = scalar << 6 | UInt32(text[index] & 0x3F)
        }
        return scalar <= 0x10_FFFF ? (scalar, length) : (0xFFFD, 1)
    }

    private func append(_ scalar: UInt32, _ scratch: TextScratch, _ end: inout Int) {
        let start = end
        let letters = scratch.letters.assumingMemoryBound(to: UInt8.self)
        switch scalar {
        case 0..<0x80:
            letters[end] = UInt8(scalar)
            end += 1
        case 0x80..<0x800:
            letters[end] = UInt8(0xC0 | scalar >> 6)
            letters[end + 1] = UInt8(0x80 | scalar & 0x3F)
            end += 2
        case 0x800..<0x1_0000:
            letters[end] = UInt8(0xE0 | scalar >> 12)
            letters[end + 1] = UInt8(0x80 | scalar >> 6 & 0x3F)
            letters[end + 2] = UInt8(0x80 | scalar & 0x3F)
            end += 3
        default:
            letters[end] = UInt8(0xF0 | scalar >> 18)
            letters[end + 1] = UInt8(0x80 | scalar >> 12 & 0x3F)
            letters[end + 2] = UInt8(0x80 | scalar >> 6 & 0x3F)
            letters[end + 3] = UInt8(0x80 | scalar & 0x3F)
            end += 4
        }
        if isOfWord(scalar, known.traits(of: scalar)) { Self.mark(start, end - start, in: scratch) }
    }

    private func isOfWord(_ scalar: UInt32, _ traits: Characters.Traits) -> Bool {
        traits.contains(.isOfWord) && (characters == .all || scalar < 0x80)
    }

    /// Marks the bytes of a character, four at most.
    @inline(__always)
    private static func mark(_ start: Int, _ count: Int, in scratch: TextScratch) {
        let bits = (1 &<< UInt16(truncatingIfNeeded: count) &- 1) &<< UInt16(truncatingIfNeeded: start & 7)
        let marks = scratch.marks + start &>> 3
        marks.storeBytes(of: marks.loadUnaligned(as: UInt16.self) | bits, as: UInt16.self)
    }
}
