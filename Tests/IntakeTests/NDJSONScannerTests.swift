import Core
import Intake
import Testing

@Suite struct NDJSONScannerTests {
    @Test func `a line is an object, an array in order, or a bare value`() throws {
        let rows = try Samples.ndjson(
            "{\"text\":\"a\"}\n[\"b\"]\n\"c\"\r\n\n  \n{\"t\\u0065xt\":\"\\ud83d\\ude00\\n\"}", Samples.text)
        #expect(rows.texts(0) == ["a", "b", "c", "\u{1F600}\n"])
        #expect(rows.faults.isEmpty)
    }

    @Test func `members come in any order, under a name or an alias`() throws {
        let rows = try Samples.ndjson(
            "\u{FEFF}{\"loyal\":true,\"spend\":2.50,\"age\":41.0,\"comment\":\"x\"}\n{\"review\":\"y\",\"age\":null}\n",
            Samples.mixed)
        #expect(rows.texts(0) == ["x", "y"])
        #expect(rows.integers(1) == [41, 30])
        #expect(rows.floats(2)[0] == 2.5 && rows.floats(2)[1].isNaN)
        #expect(rows.integers(3) == [1, 0])
    }

    @Test func `a model of one text takes the member text, whatever its input is called`() throws {
        let signature = Signature(inputs: [ModelInput(name: "review", kind: .string)])
        #expect(try Samples.ndjson("{\"text\":\"a\"}\n{\"review\":\"b\"}", signature).texts(0) == ["a", "b"])
    }

    @Test(arguments: [
        ("{}", ErrorCode.missingInput, "/review"), ("{\"review\":null}", .missingInput, "/review"),
        ("{\"review\":\" \"}", .blankText, "/review"), ("{\"review\":5}", .wrongType, "/review"),
        ("{\"review\":\"x\",\"age\":\"5\"}", .wrongType, "/age"),
        ("{\"review\":\"x\",\"age\":1e30}", .wrongType, "/age"),
        ("{\"review\":\"x\",\"age\":true}", .wrongType, "/age"), ("{\"review\":\"x\",\"age\":[1]}", .wrongType, "/age"),
        ("{\"review\":\"x\",\"loyal\":1}", .wrongType, "/loyal"), ("{\"review\":\"x\",\"other\":1}", .unknownInput, ""),
        ("{\"review\":\"x\",\"review\":\"y\"}", .malformedJSON, "/review"),
        ("{\"review\":\"x\",\"comment\":\"y\"}", .malformedJSON, "/review"),
        ("{\"id\":\"a\",\"id\":\"b\",\"review\":\"x\"}", .malformedJSON, ""),
        ("[\"x\",1]", .wrongColumnCount, ""), ("[\"x\",1,1,true,1]", .wrongColumnCount, ""),
        ("[\"x\",\"1\",1,true]", .wrongType, "/1"), ("\"x\"", .wrongType, ""),
        ("{\"review\":\"x\"", .malformedJSON, ""),
        ("{\"review\":\"x\"}}", .malformedJSON, ""), ("{\"age\":999,\"review\":\"x\"", .malformedJSON, ""),
        ("{\"review\":\"\\u0000\"}", .wrongType, "/review"), ("{\"review\":\"x\",\"id\":1.5}", .wrongType, ""),
        ("{\"review\":\"x\",\"id\":{}}", .wrongType, ""),
        ("{\"review\":\"x\",\"id\":\"\(String(repeating: "i", count: 257))\"}", .textTooLong, ""),
        (String(repeating: "[", count: 40), .nestedTooDeep, ""),
    ])
    func `a bad line fails alone`(line: String, code: ErrorCode, pointer: String) throws {
        let rows = try Samples.ndjson("{\"review\":\"first\"}\n\(line)\n{\"review\":\"last\"}", Samples.mixed)
        #expect(rows.count == 3)
        #expect(rows.texts(0) == ["first", "last"])
        #expect(rows.columns.allSatisfy { $0.count == 2 })
        #expect(rows.codes == [code])
        #expect(rows.faults.first?.pointer == pointer)
        #expect(rows.faults.first?.line == 2)
    }

    @Test func `a bad row keeps its id, wherever it stands`() throws {
        let rows = try Samples.ndjson(
            "{\"id\":\"a\",\"text\":5}\n{\"text\":5,\"id\":-7}\n{\"text\":\"x\",\"id\":null}", Samples.text)
        #expect(rows.idTexts == ["a", "-7", ""])
        #expect(rows.faults.map(\.row) == [0, 1])
    }

    @Test func `an input may be called id`() throws {
        let signature = Signature(inputs: [ModelInput(name: "id", kind: .int)])
        let rows = try Samples.ndjson("{\"id\":5}", signature)
        #expect(rows.integers(0) == [5] && rows.ids == nil)
    }

    @Test func `a line over its bound fails alone, however it is cut`() throws {
        let long = String(repeating: "x", count: 90)
        for piece in [1, 7, 1_000] {
            let scanner = NDJSONScanner(signature: Samples.text, rowBytes: 50)
            let rows = try Samples.scan("\"a\"\n\"\(long)\"\n\"b\"\n\"\(long)\"", scanner, Samples.text, piece: piece)
            #expect(rows.texts(0) == ["a", "b"])
            #expect(rows.codes == [.rowTooLarge, .rowTooLarge])
            #expect(rows.faults.map(\.line) == [2, 4])
        }
    }

    @Test(
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82],
            [0xF0, 0x80, 0x80, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF], [0xE2, 0x28, 0xA1],
            [0xF0, 0x9F, 0x98], [0xC3, 0x28],
        ] as [[UInt8]])
    func `no ill-formed UTF-8 gets through`(bytes: [UInt8]) throws {
        for padding in 0..<9 {
            let line = Array("\"\(String(repeating: "p", count: padding))".utf8) + bytes + Array("tail\"\n\"ok\"".utf8)
            let rows = try Samples.scan(line, NDJSONScanner(signature: Samples.text), Samples.text)
            #expect(rows.codes == [.invalidUTF8])
            #expect(rows.texts(0) == ["ok"])
            let table = Array("text\n\"\(String(repeating: "p", count: padding))".utf8) + bytes + Array("\"\n".utf8)
            #expect(
                try Samples.scan(
                    table, CSVScanner(signature: Samples.text, options: CSVOptions(encoding: .utf8)), Samples.text
                ).codes == [.invalidUTF8])
        }
    }

    @Test func `a text cut within an emoji fails its line alone, and a row with a wrong member names it`() throws {
        let rows = try Samples.ndjson(
            #"{"text":"a"}"# + "\n" + #"{"text":"b\ud83d"}"# + "\n" + #"{"txt":"c"}"# + "\n" + #""\ude00""# + "\n",
            Samples.text)
        #expect(rows.texts(0) == ["a"] && rows.codes == [.wrongType, .unknownInput, .wrongType])
        #expect(rows.faults[0].message.contains("surrogate") && rows.faults[0].pointer == "/text")
        #expect(rows.faults[1].message.contains("`txt`") && rows.faults[1].message.contains("its inputs are `text`"))
    }

    @Test func `rows that were glued to one line are told with the way to send them`() throws {
        let rows = try Samples.ndjson(#"{"text":"a"}{"text":"b"}"#, Samples.text)
        #expect(rows.codes == [.malformedJSON] && rows.faults[0].message.contains("curl --data-binary"))
    }

    @Test(arguments: [
        ([UInt8](arrayLiteral: 0x50, 0x4B, 3, 4, 9), "a workbook"), ([0xD0, 0xCF, 0x11, 0xE0, 0xA1], "a workbook"),
        ([0x1F, 0x8B, 8, 0], "Content-Encoding: gzip"), (Array("%PDF-1.7".utf8), "PDF"),
        ([0x50, 0x41, 0x52, 0x31, 0x15, 0], "Parquet"),
    ])
    func `files of other kinds are known by their first bytes`(bytes: [UInt8], words: String) throws {
        let file = try #require(ForeignFile(startingWith: bytes))
        #expect(
            IntakeError.foreign(file).message.contains(words) && IntakeError.foreign(file).code == .unsupportedMediaType
        )
        #expect(
            ForeignFile(startingWith: bytes.dropFirst()) == nil && ForeignFile(startingWith: bytes.prefix(2)) == nil)
    }

    @Test func `a table whose first column is called as Parquet's mark is a table`() throws {
        let signature = Signature(inputs: ["PAR1", "PAR2"].map { ModelInput(name: $0, kind: .float) })
        for text in ["PAR1,PAR2\n1,2\n", "PAR1;PAR2\n1;2\n", "PAR1\tPAR2\n1\t2\n"] {
            #expect(ForeignFile(startingWith: Array(text.utf8)) == nil)
            let rows = try Samples.csv(text, signature)
            #expect(rows.floats(0) == [1] && rows.floats(1) == [2])
        }
        for text in ["PAR1", "PAR1\n", "%PDF\n"] { #expect(ForeignFile(startingWith: Array(text.utf8)) == nil) }
    }

    @Test(arguments: ["NaN", "Infinity", "-Infinity"])
    func `an id that is no number fails its row alone`(id: String) throws {
        let rows = try Samples.ndjson("{\"text\":\"a\",\"id\":\(id)}\n{\"text\":\"b\",\"id\":7}\n", Samples.text)
        #expect(rows.codes == [.wrongType] && rows.texts(0) == ["b"])
        #expect(rows.faults[0].message == "The row's id must be a string or a whole number.")
    }

    @Test func `no message repeats what was sent`() throws {
        let secret = "hunter2secret"
        let lines = [
            "{\"review\":\"\(secret)\",\"age\":\"\(secret)\"}", "\"\(secret)\"",
            "{\"review\":\(secret)}",
            "{\"review\":\"\(String(repeating: secret, count: 40))\"}", "{\"review\":\"x\",\"id\":[\"\(secret)\"]}",
        ]
        let rows = try Samples.ndjson(lines.joined(separator: "\n"), Samples.mixed)
        #expect(rows.faults.count == lines.count)
        #expect(rows.faults.allSatisfy { !$0.message.contains("hunter") && !$0.pointer.contains("hunter") })
    }
}
