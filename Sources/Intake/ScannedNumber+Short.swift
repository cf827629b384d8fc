/// The numbers that tables are full of, such as `-12.345`: eight characters are read as one word.
///
/// A loop over the digits guesses wrong once or twice a number where it ends; this way has no loop and is twice as
/// fast. The three multiplications that add up eight digits are Johnny Lee's and Wojciech Muła's:
/// <http://0x80.pl/notesen/2014-10-12-parsing-decimal-numbers-part-1-swar.html>.
extension ScannedNumber {
    /// Reads a cell in one of the two ways that have no loop.
    ///
    /// - Returns: nil for what the general way must read.
    @inline(__always)
    static func plain(_ cell: UnsafeRawBufferPointer) -> ScannedNumber? {
        switch cell.count {
        case 1...8: short(cell)
        case 9...16: middling(cell)
        default: nil
        }
    }

    /// Reads a cell that is a minus or nothing, digits, and at most one point.
    ///
    /// - Parameter cell: one to eight bytes.
    /// - Returns: nil for anything else, which the general way then reads.
    @inline(__always)
    static func short(_ cell: UnsafeRawBufferPointer) -> ScannedNumber? {
        var word = word(of: cell)
        let isNegative = word & 0xFF == UInt64(UInt8(ascii: "-"))
        // Written as arithmetic, because a branch on the sign is guessed wrong half the time.
        let signs = isNegative ? 1 : 0
        word &>>= UInt64(signs &* 8)
        let points = ByteSearch.zeros(word ^ ByteSearch.spread(UInt8(ascii: ".")))
        let hasPoint = points != 0
        // Without a point its place is 8, so that all bytes are below it and stay where they are.
        let point = points.trailingZeroBitCount >> 3
        let below: UInt64 = (1 << UInt64(point * 8)) &- 1
        let count = cell.count - signs - (hasPoint ? 1 : 0)
        guard count > 0 else { return nil }
        let characters = (word & below) | ((word >> 8) & ~below)
        guard let digits = eightDigits(characters, count: count) else { return nil }
        return ScannedNumber(isNegative: isNegative, digits: digits, exponent: hasPoint ? point - count : 0)
    }

    /// Reads a cell like ``short(_:)`` that is longer: a digit more, or eight, are what most tables of measurements have.
    ///
    /// - Parameter cell: nine to sixteen bytes.
    /// - Returns: nil for anything else, and where a point stands behind the first eight digits.
    @inline(__always)
    static func middling(_ cell: UnsafeRawBufferPointer) -> ScannedNumber? {
        let behind = cell.count &- 8
        let low = ByteSearch.word(cell, at: 0)
        let high = ByteSearch.word(cell, at: behind) &>> UInt64(64 &- behind &* 8)
        let isNegative = low & 0xFF == UInt64(UInt8(ascii: "-"))
        let signs = isNegative ? 1 : 0
        var (first, second) = isNegative ? (low >> 8 | high << 56, high >> 8) : (low, high)
        let points = ByteSearch.zeros(first ^ ByteSearch.spread(UInt8(ascii: ".")))
        let hasPoint = points != 0
        let point = points.trailingZeroBitCount >> 3
        let below: UInt64 = (1 << UInt64(point * 8)) &- 1
        (first, second) = (
            (first & below) | ((first >> 8 | second << 56) & ~below), hasPoint ? second >> 8 : second
        )
        let count = cell.count &- signs &- (hasPoint ? 1 : 0)
        guard let head = eightDigits(first, count: min(count, 8)) else { return nil }
        var digits = head
        if count > 8 {
            guard let tail = eightDigits(second, count: count &- 8) else { return nil }
            digits = head &* powers[count &- 8] &+ tail
        }
        return ScannedNumber(isNegative: isNegative, digits: digits, exponent: hasPoint ? point &- count : 0)
    }

    private static let powers: [9 of UInt64] = [
        1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000,
    ]

    /// The bytes of a short cell, the first of them lowest and zeros above; reads nothing outside the cell.
    @inline(__always)
    private static func word(of cell: UnsafeRawBufferPointer) -> UInt64 {
        let last = cell.count - 1
        if last >= 3 {
            let low = UInt32(littleEndian: cell.loadUnaligned(as: UInt32.self))
            let high = UInt32(littleEndian: cell.loadUnaligned(fromByteOffset: last &- 3, as: UInt32.self))
            return UInt64(low) | UInt64(high) &<< UInt64((last &- 3) &* 8)
        }
        let middle = cell.count / 2
        return UInt64(cell[0]) | UInt64(cell[middle]) &<< UInt64(middle &* 8) | UInt64(cell[last])
            &<< UInt64(last &* 8)
    }

    /// Adds up one to eight digits; nil when one of the characters is none.
    @inline(__always)
    private static func eightDigits(_ characters: UInt64, count: Int) -> UInt64? {
        let zeros = ByteSearch.spread(UInt8(ascii: "0"))
        let aligned = characters << UInt64(64 - count * 8) | zeros >> UInt64(count * 8)
        let values = aligned ^ zeros
        // A byte above 9 gets its high bit by adding 0x76, or has it already.
        guard (values | (values &+ 0x7676_7676_7676_7676)) & ByteSearch.highBits == 0 else { return nil }
        let pairs = ((values & 0x0F0F_0F0F_0F0F_0F0F) &* 2_561) >> 8
        let fours = ((pairs & 0x00FF_00FF_00FF_00FF) &* 6_553_601) >> 16
        return ((fours & 0x0000_FFFF_0000_FFFF) &* 42_949_672_960_001) >> 32
    }
}
