import Core
import Foundation
import TestSupport
import Testing

@Suite struct JSONWriterTests {
    private func text(_ body: (inout JSONWriter) -> Void) -> String {
        String(decoding: JSONWriter.write(body), as: UTF8.self)
    }

    @Test func `commas stand between values and nowhere else`() {
        let written = text { json in
            json.object { json in
                json.member("a", 1)
                json.key("b")
                json.array { json in
                    json.value(true)
                    json.null()
                    json.array { _ in }
                    json.object { _ in }
                    json.value("x")
                }
                json.key("c")
                json.object { $0.member("d", false) }
                json.member("e", "f")
            }
        }
        #expect(written == #"{"a":1,"b":[true,null,[],{},"x"],"c":{"d":false},"e":"f"}"#)
    }

    @Test func `documents of a line each have no comma between them`() {
        let written = text { json in
            for number in 1...2 {
                json.object { $0.member("n", number) }
                json.newline()
            }
        }
        #expect(written == "{\"n\":1}\n{\"n\":2}\n")
    }

    @Test func `nothing is written as null`() {
        let written = text { json in
            json.object { json in
                json.member("a", nil as String?)
                json.member("b", nil as Double?)
                json.member("c", nil as WallTime?)
                json.member("d", WallTime(milliseconds: 0))
            }
        }
        #expect(written == #"{"a":null,"b":null,"c":null,"d":"1970-01-01T00:00:00.000Z"}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("\"\\", #""\"\\""#), ("\n\r\t", #""\n\r\t""#),
        ("\u{0}\u{1}\u{8}\u{1F}", #""\u0000\u0001\u0008\u001f""#), ("grün 🎉\u{7F}\u{2028}", "\"grün 🎉\u{7F}\u{2028}\""),
        ("\r\n", #""\r\n""#), ("</script>", #""</script>""#),
    ])
    func `texts are quoted so that nothing in them ends the quote`(given: String, written: String) {
        #expect(text { $0.value(given) } == written)
        #expect(
            text { json in
                json.object {
                    $0.key(escaping: given); $0.value(1)
                }
            } == "{\(written):1}")
    }

    @Test func `any text reads back equal by another reader of JSON`() throws {
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<500 {
            let scalars = (0..<20).compactMap { _ in Unicode.Scalar(UInt32.random(in: 0...0x2FF, using: &generator)) }
            let given = String(String.UnicodeScalarView(scalars))
            let bytes = JSONWriter.write { json in json.array { $0.value(given) } }
            let read = try JSONDecoder().decode([String].self, from: Data(bytes))
            #expect(read.map { Array($0.utf8) } == [Array(given.utf8)])
        }
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "-0"), (1, "1"), (0.1, "0.1"), (1e16, "1e+16"), (.leastNonzeroMagnitude, "5e-324"),
            (-2.5, "-2.5"),
            (1.7976931348623157e308, "1.7976931348623157e+308"), (.infinity, "null"), (-.infinity, "null"),
            (.nan, "null"),
        ] as [(Double, String)])
    func `doubles are the shortest digits that read back equal, and null when JSON has none`(
        number: Double, written: String
    ) {
        #expect(text { $0.value(number) } == written)
    }

    @Test func `floats are written as floats, not as the doubles nearest to them`() {
        #expect(text { $0.value(Float(0.1)) } == "0.1")
        #expect(text { $0.value(Float(16_777_216)) } == "16777216")
        #expect(text { $0.value(Float.nan) } == "null")
        #expect(text { $0.value(Float.infinity) } == "null")
    }

    @Test func `any float reads back equal`() throws {
        var generator = SeededGenerator(seed: 6)
        let floats = (0..<2_000).map { _ in Float(bitPattern: .random(in: 0...(.max), using: &generator)) }
            .filter(\.isFinite)
        let bytes = JSONWriter.write { json in json.array { json in for float in floats { json.value(float) } } }
        #expect(try JSONDecoder().decode([Float].self, from: Data(bytes)) == floats)
    }

    @Test func `whole numbers of every length are written as Swift writes them`() {
        var generator = SeededGenerator(seed: 7)
        var numbers = (0..<19).flatMap { power in
            let ten = (0..<power).reduce(1) { product, _ in product * 10 }
            return [ten - 1, ten, -ten, ten + 1]
        }
        numbers += (0..<500).map { _ in Int.random(in: .min ... .max, using: &generator) }
        for number in numbers { #expect(text { $0.value(number) } == "\(number)") }
    }

    @Test(arguments: [1, 2, 7, 64])
    func `a document grows beyond the room that was kept for it`(room: Int) {
        let words = (0..<200).map { String(repeating: "ä", count: $0) }
        var writer = JSONWriter(reserving: room)
        writer.array { json in for word in words { json.value(word) } }
        let expected = "[" + words.map { "\"\($0)\"" }.joined(separator: ",") + "]"
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
        writer.newline()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected + "\n")
    }

    @Test func `a text and its ending are one value`() {
        let written = text { json in
            json.object { json in
                json.member("a", "/x", followedBy: "/y")
                json.member("b", "\"", followedBy: "")
            }
        }
        #expect(written == #"{"a":"/x/y","b":"\""}"#)
    }

    @Test func `the ends of whole numbers are written whole`() {
        #expect(text { $0.value(Int.min) } == "-9223372036854775808")
        #expect(text { $0.value(Int.max) } == "9223372036854775807")
    }
}
