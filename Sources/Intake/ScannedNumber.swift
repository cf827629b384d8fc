/// A decimal number as it was written: up to 19 significant digits, a power of ten, and what was left out.
struct ScannedNumber: Equatable {
    private(set) var isNegative: Bool
    /// The first 19 significant digits.
    private(set) var digits: UInt64
    /// The power of ten by which ``digits`` is multiplied, held within ±100,000.
    private(set) var exponent: Int
    /// Whether ``digits`` holds all digits that are not zero.
    private(set) var isWhole = true
    /// Whether JSON allows this way of writing: no plus, no needless zero, digits on both sides of a point.
    private(set) var isStrict = true

    init(isNegative: Bool = false, digits: UInt64 = 0, exponent: Int = 0) {
        (self.isNegative, self.digits, self.exponent) = (isNegative, digits, exponent)
    }

    /// Reads the longest number that begins at a position.
    ///
    /// - Returns: the number and where it ends; nil when none begins there.
    @inline(__always)
    static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> (ScannedNumber, end: Int)? {
        var number = ScannedNumber()
        var position = start
        if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            number.isNegative = bytes[position] == UInt8(ascii: "-")
            number.isStrict = number.isNegative
            position &+= 1
        }
        let first = position
        position = number.takeDigits(bytes, from: position, to: end)
        let wholeDigits = position &- first
        if wholeDigits != 1, wholeDigits == 0 || bytes[first] == UInt8(ascii: "0") { number.isStrict = false }
        var fractionDigits = 0
        if position < end, bytes[position] == UInt8(ascii: ".") {
            let point = position &+ 1
            position = number.takeDigits(bytes, from: point, to: end)
            fractionDigits = position &- point
            if fractionDigits == 0 { number.isStrict = false }
            number.exponent = 0 &- fractionDigits
        }
        guard wholeDigits &+ fractionDigits > 0 else { return nil }
        if wholeDigits &+ fractionDigits > 19 { number.recount(bytes, from: first, to: position) }
        if position < end, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position = number.takeExponent(bytes, from: position, to: end)
        }
        return (number, position)
    }

    /// Adds digits without watching for overflow, which ``recount`` mends.
    @inline(__always)
    private mutating func takeDigits(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        var position = start
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            if digit > 9 { break }
            digits = digits &* 10 &+ UInt64(digit)
            position &+= 1
        }
        return position
    }

    /// Reads a long number again, keeping its first 19 significant digits.
    private mutating func recount(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        (digits, exponent) = (0, 0)
        var (kept, isFraction) = (0, false)
        for position in start..<end {
            if bytes[position] == UInt8(ascii: ".") {
                isFraction = true
                continue
            }
            let digit = UInt64(bytes[position] - UInt8(ascii: "0"))
            if kept < 19 {
                digits = digits * 10 + digit
                if digits != 0 { kept += 1 }
                if isFraction { exponent -= 1 }
            } else {
                if digit != 0 { isWhole = false }
                if !isFraction { exponent += 1 }
            }
        }
        clampExponent()
    }

    /// Reads an exponent; without digits it is no part of the number.
    private mutating func takeExponent(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Int {
        var position = start + 1
        var isDown = false
        if position < end, bytes[position] == UInt8(ascii: "-") || bytes[position] == UInt8(ascii: "+") {
            isDown = bytes[position] == UInt8(ascii: "-")
            position += 1
        }
        var (power, found) = (0, false)
        while position < end {
            let digit = bytes[position] &- UInt8(ascii: "0")
            if digit > 9 { break }
            power = min(power * 10 + Int(digit), 200_000)
            found = true
            position += 1
        }
        guard found else { return start }
        exponent += isDown ? -power : power
        clampExponent()
        return position
    }

    private mutating func clampExponent() { exponent = min(max(exponent, -100_000), 100_000) }
}
