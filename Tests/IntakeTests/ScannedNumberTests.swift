import Core
import Testing

@testable import Intake

@Suite struct ScannedNumberTests {
    private func scan(_ text: String) -> (ScannedNumber, end: Int)? {
        Array(text.utf8).withUnsafeBytes { ScannedNumber.scan($0, from: 0, to: $0.count) }
    }

    private func reading(_ text: String) throws -> ScannedNumber.Reading {
        let (number, _) = try #require(scan(text))
        return Array(text.utf8).withUnsafeBytes {
            number.reading(of: $0, minimum: -.infinity, maximum: .infinity)
        }
    }

    @Test(arguments: [
        "0", "-0", "1", "5.1", "0.1", "123456789012345", "1e22", "1e23", "1e-22", "1e-23", "9007199254740993",
        "0.30000000000000004", "1.7976931348623157e308", "5e-324", "1e-400", "3.4028234e38", "3.4028236e38", "1e400",
        "16777217", "16777217.000000000000000000000001", "16777216.999999999999999999", "1.401298464324817e-45",
        "0.000000000000000000000000000001234567890123456789", "123456789012345678901234567890", "-2.5e-3",
        "9999999999999999999", "99999999999999999999", "1.17549435e-38", "0.1e1", "100000000000000000000e-20",
        "-1e400", "0e999999999999", "1.00000005960464477539062500000000000000000001", "1.000000059604644775390625",
        "1.00000005960464477539062499999999999999999999",
    ])
    func `a decimal is rounded once to the nearest float`(text: String) throws {
        let reading = try reading(text)
        #expect(reading.float == Float(text))
        #expect(reading.float.sign == Float(text)?.sign)
    }

    @Test func `random decimals give the floats and doubles of the standard library`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<20_000 {
            let digits = (0..<Int.random(in: 1...22, using: &generator)).map { _ in
                String(Int.random(in: 0...9, using: &generator))
            }
            let power = Bool.random(using: &generator) ? "" : "e\(Int.random(in: -45...45, using: &generator))"
            let text = "\(Bool.random(using: &generator) ? "-" : "")\(digits[0]).\(digits.joined())\(power)"
            let reading = try reading(text)
            #expect(reading.float == Float(text), "\(text), seed \(seed)")
            let double = try #require(Double(text))
            #expect(abs(reading.double - double) <= abs(double) * 0x1p-50, "\(text), seed \(seed)")
        }
    }

    @Test func `floats beside the middle of two floats are told apart`() throws {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        for _ in 0..<5_000 {
            let float = Float.random(in: 1e-6...1e6, using: &generator)
            let middle = (Double(float) + Double(float.nextUp)) / 2
            for double in [middle, middle.nextUp, middle.nextDown] {
                #expect(try reading("\(double)").float == Float("\(double)"), "\(double), seed \(seed)")
            }
        }
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("3.0", 3), ("3e2", 300), ("300e-2", 3), ("9223372036854775807", Int64.max),
        ("-9223372036854775808", Int64.min), ("9223372036854775807.000000000000000000", Int64.max),
        ("9007199254740993.0", 9_007_199_254_740_993), ("1000000000000000000000000e-20", 10_000),
        ("0e99999", 0), ("0.000e-9", 0),
    ])
    func `a whole number is exact to 64 bits`(text: String, value: Int64) throws {
        #expect(try #require(scan(text)).0.integer == value)
    }

    @Test(arguments: [
        "3.5", "9223372036854775808", "-9223372036854775809", "1e19", "1e99999", "1e-1", "18446744073709551616",
        "0.1000000000000000000000001", "1.00000000000000000001", "99999999999999999999",
    ])
    func `what is not a whole number of 64 bits has no integer`(text: String) throws {
        #expect(try #require(scan(text)).0.integer == nil)
    }

    @Test(arguments: ["", "-", "+", ".", "e5", "-.", "abc", "+e1", "NaN", "Infinity"])
    func `what has no digit is no number`(text: String) {
        #expect(scan(text) == nil)
    }

    @Test(arguments: [
        ("1", true), ("-1.5e+10", true), ("0.5", true), ("01", false), ("+1", false), (".5", false),
        ("5.", false), ("-01", false), ("00", false), ("-0.0", true),
    ])
    func `only JSON's own writing is strict`(text: String, isStrict: Bool) throws {
        #expect(try #require(scan(text)).0.isStrict == isStrict)
    }

    @Test(arguments: [("1e", 1), ("1e+", 1), ("2x", 1), ("1.2.3", 3), ("5,", 1), ("1e5e", 3)])
    func `a number ends where it stops making sense`(text: String, end: Int) throws {
        #expect(try #require(scan(text)).end == end)
    }
}

/// A generator whose whole run follows from its seed (SplitMix64), so that a failure can be had again.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

/// The short way must say what the general way says, or nothing.
@Suite struct ShortNumberTests {
    private func compare(_ text: String, mustRead: Bool) {
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { bytes in
            let short = ScannedNumber.plain(bytes)
            let general = ScannedNumber.scan(bytes, from: 0, to: bytes.count)
            if let short {
                #expect(general?.end == bytes.count, "\(text)")
                #expect(short.digits == general?.0.digits && short.exponent == general?.0.exponent, "\(text)")
                #expect(short.isNegative == general?.0.isNegative && short.isWhole, "\(text)")
            } else {
                #expect(!mustRead, "\(text)")
            }
        }
    }

    @Test(arguments: [
        "0", "9", "-1", "10", "99999999", "-9999999", "1.5", "-1.5", ".5", "5.", "-.5", "-5.", "0.000001", "123.4567",
        "1234567.", ".1234567", "-123.456", "00012", "000000.0", "-0",
    ])
    func `plain decimals of up to eight characters are read`(text: String) {
        compare(text, mustRead: true)
    }

    @Test(arguments: [
        "-0.496723", "0.0413808", "-0.0413808", "123456789", "-12345678", "-123456789", "1234567890123456",
        "1.23456789012345", "-1.2345678901234", "12345678.9", "-12345678.9", "12345678.", "-.12345678", ".123456789",
        "1234567.89012345", "-1234567.8901234", "0000000000000000", "-00000000.000000", "99999999.9999999",
    ])
    func `plain decimals of up to sixteen characters are read`(text: String) {
        compare(
            text, mustRead: text.firstIndex(of: ".").map { text.distance(from: text.startIndex, to: $0) <= 7 } ?? true)
    }

    @Test func `any other bytes are left to the general way`() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = SeededGenerator(state: seed)
        let alphabet = Array("0123456789..--+e /:x".utf8) + [0, 0x7F]
        for _ in 0..<50_000 {
            let bytes = (0..<Int.random(in: 1...17, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator)!
            }
            compare(String(decoding: bytes, as: UTF8.self), mustRead: false)
        }
        for byte in UInt8.min...UInt8.max {
            [byte].withUnsafeBytes { #expect((ScannedNumber.short($0) != nil) == (0x30...0x39).contains(byte)) }
            [0x31, byte, 0x32].withUnsafeBytes { bytes in
                #expect((ScannedNumber.short(bytes) != nil) == ((0x30...0x39).contains(byte) || byte == 0x2E))
            }
        }
    }
}
