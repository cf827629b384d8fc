/// What a scanned decimal is worth in binary.
extension ScannedNumber {
    /// A number in the precision the model takes, and in the one in which bounds are compared.
    struct Reading {
        /// The decimal rounded once, to the nearest 32-bit float; infinite when it does not fit.
        var float: Float
        /// The decimal rounded to the nearest double.
        var double: Double
    }

    /// The number as an integer; nil when it has a fraction or needs more than 64 bits.
    ///
    /// `3.0` and `3e2` are whole: programs that know only floats write them for integers.
    var integer: Int64? {
        guard isWhole else { return nil }
        var (magnitude, power) = (digits, exponent)
        while power < 0, magnitude != 0 {
            guard magnitude.isMultiple(of: 10) else { return nil }
            (magnitude, power) = (magnitude / 10, power + 1)
        }
        while power > 0, magnitude != 0 {
            let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            (magnitude, power) = (product, power - 1)
        }
        if isNegative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// Rounds the number to binary.
    ///
    /// Up to 15 digits and a power of ten up to 22 are exact in a double, so one multiplication rounds once
    /// (Clinger, "How to read floating point numbers accurately", 1990). More digits give a double that is off by
    /// a few units in its last place, which decides the float all the same, unless it lies beside the middle
    /// between two floats, or beside a bound: those, and other powers, are left to the standard library.
    ///
    /// - Parameters:
    ///   - text: the bytes that were scanned, at most ``Limits/numberBytes``.
    ///   - minimum: the least number allowed, for which the double must be exact.
    ///   - maximum: the greatest number allowed, likewise.
    @inline(__always)
    func reading(of text: UnsafeRawBufferPointer, minimum: Double, maximum: Double) -> Reading {
        guard digits != 0 else { return Reading(float: isNegative ? -0.0 : 0, double: isNegative ? -0.0 : 0) }
        guard exponent >= -22, exponent <= 22 else { return slowReading(of: text) }
        let magnitude = Self.scale(Double(digits), by: exponent)
        // The sign is set without a branch: half of all signs would be guessed wrong.
        let double = Double(bitPattern: magnitude.bitPattern | UInt64(isNegative ? 1 : 0) << 63)
        if Self.isBesideMiddle(double) { return slowReading(of: text) }
        if !(isWhole && digits <= 1 << 53), isNear(double, minimum) || isNear(double, maximum) {
            return slowReading(of: text)
        }
        return Reading(float: Float(double), double: double)
    }

    /// The decimal rounded once, to the nearest double.
    ///
    /// - Parameter text: the bytes that were scanned, at most ``Limits/numberBytes``.
    func double(of text: UnsafeRawBufferPointer) -> Double {
        // Both factors are exact, so that one multiplication rounds once: Clinger's rule, as above.
        guard digits <= 1 << 53, digits == 0 || (-22...22).contains(exponent) else {
            return slowReading(of: text).double
        }
        let magnitude = digits == 0 ? 0 : Self.scale(Double(digits), by: exponent)
        return isNegative ? -magnitude : magnitude
    }

    private static let powers: [23 of Double] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    @inline(__always)
    private static func scale(_ value: Double, by power: Int) -> Double {
        power < 0 ? value / powers[0 &- power] : value * powers[power]
    }

    /// Whether a double lies within four units of its last place of the middle between two floats.
    @inline(__always)
    private static func isBesideMiddle(_ double: Double) -> Bool {
        (double.bitPattern & 0x1FFF_FFFF) &- 0x0FFF_FFFC <= 8
    }

    @inline(__always)
    private func isNear(_ double: Double, _ bound: Double) -> Bool {
        abs(double - bound) <= abs(double) * 0x1p-50
    }

    /// Asks the standard library, which rounds correctly and knows no locale.
    @inline(never)
    private func slowReading(of text: UnsafeRawBufferPointer) -> Reading {
        let decimal = String(decoding: text, as: UTF8.self)
        let unbounded: Double = exponent > 0 ? .infinity : 0
        let double = Double(decimal) ?? (isNegative ? -unbounded : unbounded)
        return Reading(float: Float(decimal) ?? Float(double), double: double)
    }
}
