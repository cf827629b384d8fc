import Core
import Testing

@testable import Intake

/// What RFC 8259 accepts and refuses, in the manner of the well-known suites of such cases.
@Suite struct JSONCursorTests {
    private func check(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { bytes in
            var json = JSONCursor(bytes)
            try json.skipValue()
            try json.expectEnd()
        }
    }

    @Test(arguments: [
        "[]", "{}", "[ ]", " {\t} \n", "0", "-0", "-0.0", "1e5", "1E+5", "1.5e-5", "123.456", "\"\"", "true", "false",
        "null",
        "[1,2]", "[[],[[]]]", "{\"\":0}", "{\"a\":{\"b\":[]}}", "{\"a\":1,\"a\":2}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0000\"", "\"\\uD83D\\uDE00\"", "\"\\ud83d\\ude00\"", "\"\\uFFFF\"", "\"\u{7F}\"", "\"\u{10FFFF}\"",
        "\"\u{2028}\"", "\"\u{FEFF}\"", "[1 , 2]", "[null,1,\"1\",{}]", "123123123123123123123123123123", "1e999999",
        "\"a\\\\\\\"b\"", "[\"\\u0022\"]", "\r\n1\r\n",
    ])
    func `what JSON is, is taken`(text: String) throws {
        try check(Array(text.utf8))
    }

    @Test(arguments: [
        "", " ", "[", "]", "{", "}", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1 2]", "[1]]", "{\"a\"", "{\"a\":",
        "{\"a\":}",
        "{\"a\":1,}", "{,}", "{a:1}", "{'a':1}", "{1:1}", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{\"a\":1}}", "\"", "\"a",
        "'a'",
        "\"\\\"", "\"\\x\"", "\"\\u\"", "\"\\u12\"", "\"\\u12G4\"", "\"\\U0041\"", "\"\\uD83D\\u\"", "\"\n\"",
        "\"\t\"",
        "\"\u{0}\"", "\"\u{1F}\"", "tru", "True", "TRUE", "truee", "nul", "NaNa", "Nan", "+Infinity", "Inf", "-", "+1",
        "01",
        "-01", "00", "1.", ".5", "-.5", "1e", "1e+", "1.e5", "1.2.3", "1e5.5", "1e5e5", "0x10", "1_000", "1,2", "1-1",
        "// c\n1", "/* c */1", "[1]//", "1\u{0}", "\u{0}", "[\u{A0}1]", "\u{B}1", "[1\u{C}]", "\"a\"\"b\"", "{\"a\":1]",
        "[1}",
        "--1", "[-]", "\\n", "{}{}", "[true,false,nul]",
    ])
    func `what JSON is not, is refused with its place`(text: String) {
        let error = #expect(throws: IntakeError.self) { try check(Array(text.utf8)) }
        #expect(error?.code == .malformedJSON)
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    /// RFC 8259, section 8.2: the grammar has such strings, and their text is not defined.
    @Test(arguments: [
        ("\\uD83D", "\u{FFFD}"), ("a\\ud83dx", "a\u{FFFD}x"), ("\\uD83D\\n", "\u{FFFD}\n"), ("\\uDE00", "\u{FFFD}"),
        ("\\uDE00\\uD83D", "\u{FFFD}\u{FFFD}"), ("\\uD83D\\uD83D\\uDE00", "\u{FFFD}\u{1F600}"),
        ("\\uD83D\\u0041", "\u{FFFD}A"), ("\\uD83D\\uDE00\\uDE00", "\u{1F600}\u{FFFD}"),
    ])
    func `half of a surrogate pair is told, wherever it stands`(escapes: String, text: String) throws {
        for around in ["", "z", "12345678"] {
            let bytes = Array("\"\(around)\(escapes)\(around)\"".utf8)
            try check(bytes)
            try bytes.withUnsafeBytes { bytes in
                var json = JSONCursor(bytes)
                let taken = try json.takeString()
                #expect(taken.hasLoneSurrogate)
                #expect(json.withText(taken) { String(decoding: $0, as: UTF8.self) } == around + text + around)
            }
        }
    }

    @Test(arguments: ["NaN", "Infinity", "-Infinity", "[NaN,1]", "{\"a\":-Infinity}"])
    func `what Python writes for no number is passed over, for its row to refuse`(text: String) throws {
        try check(Array(text.utf8))
    }

    @Test func `depth is bounded, in arrays and in objects`() throws {
        let deepest = Limits.jsonDepth
        try check(Array((String(repeating: "[", count: deepest) + String(repeating: "]", count: deepest)).utf8))
        for open in ["[", "{\"a\":", "[{\"a\":", " [\n"] {
            let error = #expect(throws: IntakeError.self) {
                try check(Array(String(repeating: open, count: 1_000_000 / open.utf8.count).utf8))
            }
            #expect(error?.code == .nestedTooDeep)
        }
    }

    @Test func `neighbours do not count as depth`() throws {
        try check(Array(("[" + String(repeating: "[{}],", count: 10_000) + "0]").utf8))
    }

    @Test func `strings are decoded at every length`() throws {
        for length in 0..<40 {
            let plain = String(repeating: "z", count: length)
            let bytes = Array("\"\(plain)\\n\(plain)é\\u00e9\(plain)\"".utf8)
            try bytes.withUnsafeBytes { bytes in
                var json = JSONCursor(bytes)
                let text = try json.takeString()
                let decoded = json.withText(text) { String(decoding: $0, as: UTF8.self) }
                #expect(decoded == "\(plain)\n\(plain)éé\(plain)")
            }
        }
    }
}
