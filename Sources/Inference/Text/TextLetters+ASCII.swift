/// Texts of ASCII alone, which most of them are: sixteen bytes at a time, and none of them asked what it is.
extension TextLetters {
    /// Reads a text sixteen bytes at a time; at its end some of them a second time.
    ///
    /// - Returns: nil when it has other characters than ASCII.
    func readASCII(_ text: UnsafeRawBufferPointer, into scratch: TextScratch) -> Int? {
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
}
