/// Turns texts into small letters and marks which bytes are parts of words: the first pass of the kernel.
struct TextLetters {
    let lowercases: Bool
    let characters: TextGraph.WordCharacters

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

    // MARK: ASCII

    /// Reads a text sixteen bytes at a time; at its end some of them a second time.
    ///
    /// - Returns: nil when it has other characters than ASCII.
    private func readASCII(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int? {
        guard text.count >= 16, let start = text.baseAddress else { return readShort(text, into: scratch) }
        let marks = scratch.marks
        var all = SIMD2<UInt64>.zero
        for block in 0..<(text.count &>> 4) {
            let bits = readBlock(start, at: 16 &* block, into: scratch.letters, &all)
            marks.storeBytes(of: UInt16(truncatingIfNeeded: bits), toByteOffset: 2 &* block, as: UInt16.self)
        }
        let last = text.count &- 16
        let bits = readBlock(start, at: last, into: scratch.letters, &all)
        let shift = UInt32(truncatingIfNeeded: last & 7)
        let before = UInt32(marks.load(fromByteOffset: last &>> 3, as: UInt8.self)) & ~(.max &<< shift)
        marks.storeBytes(of: before | bits &<< shift, toByteOffset: last &>> 3, as: UInt32.self)
        marks.storeBytes(of: .zero, toByteOffset: (text.count &+ 7) &>> 3, as: SIMD2<UInt64>.self)
        return (all[0] | all[1]) & 0x8080_8080_8080_8080 == 0 ? text.count : nil
    }

    private func readShort(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int? {
        let (letters, marks) = (scratch.letters, scratch.marks)
        letters.storeBytes(of: .zero, as: SIMD2<UInt64>.self)
        for index in 0..<text.count { letters.storeBytes(of: text[index], toByteOffset: index, as: UInt8.self) }
        var all = SIMD2<UInt64>.zero
        let bits = readBlock(letters, at: 0, into: letters, &all)
        marks.storeBytes(of: SIMD2(UInt64(bits), 0), as: SIMD2<UInt64>.self)
        return (all[0] | all[1]) & 0x8080_8080_8080_8080 == 0 ? text.count : nil
    }

    /// - Returns: a bit for each of sixteen bytes.
    @inline(__always)
    private func readBlock(
        _ text: UnsafeRawPointer, at offset: Int, into letters: UnsafeMutableRawPointer, _ all: inout SIMD2<UInt64>
    ) -> UInt32 {
        let bytes = text.loadUnaligned(fromByteOffset: offset, as: SIMD2<UInt64>.self)
        let (small, bits) = Self.lower(bytes)
        letters.storeBytes(of: lowercases ? small : bytes, toByteOffset: offset, as: SIMD2<UInt64>.self)
        all |= bytes
        return bits
    }

    /// Sixteen characters of ASCII in small letters, and a bit for each that is part of a word.
    ///
    /// Adding to each byte what carries it over 127 from a bound on tells, without a branch, which are beyond the bound.
    @inline(__always)
    private static func lower(_ bytes: SIMD2<UInt64>) -> (small: SIMD2<UInt64>, marks: UInt32) {
        let capitals = beyond(bytes, 0x41) & ~beyond(bytes, 0x5B)
        let small = bytes | capitals &>> 2
        let letters = beyond(small, 0x61) & ~beyond(small, 0x7B)
        let digits = beyond(bytes, 0x30) & ~beyond(bytes, 0x3A)
        let underscores = ~beyond(bytes ^ every(0x5F), 1) & every(0x80)
        let words = (letters | digits | underscores) &>> 7
        return (small, UInt32(truncatingIfNeeded: bits(words[0]) | bits(words[1]) &<< 8))
    }

    @inline(__always)
    private static func every(_ byte: UInt64) -> SIMD2<UInt64> {
        SIMD2(repeating: 0x0101_0101_0101_0101 &* byte)
    }

    @inline(__always)
    private static func beyond(_ bytes: SIMD2<UInt64>, _ bound: UInt64) -> SIMD2<UInt64> {
        (bytes &+ every(0x80 - bound)) & every(0x80)
    }

    /// A bit for each byte, which is 0 or 1.
    @inline(__always)
    private static func bits(_ bytes: UInt64) -> UInt64 { (bytes &* 0x0102_0408_1020_4080) &>> 56 }

    // MARK: All characters

    /// Reads a text character by character.
    private func readAll(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int {
        let marks = scratch.marks.assumingMemoryBound(to: UInt64.self)
        let most = 2 * text.count + 8
        for index in 0...most / 64 + 1 { marks[index] = 0 }
        var (at, end) = (0, 0)
        while at < text.count {
            let (scalar, length) = Self.decode(text, at)
            if lowercases, scalar >= 0x80 ? Characters.traits(of: scalar).contains(.changes) : scalar &- 0x41 < 26 {
                for small in self.small(scalar, text, at, at + length) { append(small, scratch, &end) }
            } else {
                append(scalar, scratch, &end)
            }
            at += length
        }
        return end
    }

    private func small(_ scalar: UInt32, _ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> [UInt32] {
        if scalar < 0x80 { return [scalar | 0x20] }
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
        return (scalar, length)
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
        guard isOfWord(scalar) else { return }
        let marks = scratch.marks.assumingMemoryBound(to: UInt64.self)
        for place in start..<end { marks[place >> 6] |= 1 << UInt64(place & 63) }
    }

    private func isOfWord(_ scalar: UInt32) -> Bool {
        if scalar < 0x80 {
            return scalar | 0x20 &- 0x61 < 26 || scalar &- 0x30 < 10 || scalar == 0x5F
        }
        return characters == .all && Characters.traits(of: scalar).contains(.isOfWord)
    }
}
