import Core
import Testing

@Suite struct HexadecimalTests {
    @Test func `every byte reads back equal, in either case`() {
        let bytes = Array(UInt8.min...UInt8.max)
        let text = Hexadecimal.encode(bytes)
        #expect(text.hasPrefix("000102") && text.hasSuffix("fdfeff"))
        #expect(Hexadecimal.decode(text) == bytes)
        #expect(Hexadecimal.decode(text.uppercased()) == bytes)
    }

    @Test func `nothing is no digits and back`() {
        #expect(Hexadecimal.encode([]) == "")
        #expect(Hexadecimal.decode("") == [])
    }

    @Test(arguments: ["0", "abc", "0g", "0x", " 0", "é", "0\u{301}", "٣٤", "-1", "a\0"])
    func `what is no even number of digits is refused`(text: String) {
        #expect(Hexadecimal.decode(text) == nil)
    }

    @Test func `a digit is that of the low four bits`() {
        #expect((0..<16).map { Hexadecimal.digit(for: $0) } == Array("0123456789abcdef".utf8))
        #expect(Hexadecimal.digit(for: 0xAF) == UInt8(ascii: "f"))
    }
}
