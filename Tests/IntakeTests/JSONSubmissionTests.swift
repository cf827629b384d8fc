import Core
import Intake
import Testing

@Suite struct JSONSubmissionTests {
    @Test(arguments: [
        #"{"model":"m","text":"a"}"#, #"{"input":{"text":"a"}}"#, #"{"data":["a"]}"#, #"{"inputs":[{"text":"a"}]}"#,
        #"{"instances":["a"],"model":null}"#, #"{"texts":["a"]}"#, #"{"input":"a"}"#, #"{"data":[["a"]]}"#,
        "\u{FEFF} {\"inputs\" : [ [ \"a\" ] ] } ", #"{"te\u0078t":"\u0061"}"#,
    ])
    func `one text can be said in many ways`(body: String) throws {
        let (rows, report) = try Samples.submission(body, Samples.text)
        #expect(rows.texts(0) == ["a"])
        #expect(rows.count == 1 && report.total == 0)
    }

    @Test(arguments: [
        #"{"input":{"sepal_length":5,"sepal_width":3.5}}"#, #"{"data":[5,3.5]}"#, #"{"data":[[5,3.5]]}"#,
        #"{"inputs":[{"sepal_width":3.5,"sepal_length":5.0}]}"#, #"{"instances":[[5,3.5]]}"#,
    ])
    func `numbers can be named or in order`(body: String) throws {
        let (rows, _) = try Samples.submission(body, Samples.iris)
        #expect(rows.floats(0) == [5] && rows.floats(1) == [3.5])
    }

    @Test(arguments: [
        (#"{"text":" "}"#, "/text"), (#"{"texts":["a","b"," "]}"#, "/texts/2"),
        (#"{"input":{"text":1}}"#, "/input/text"),
        (#"{"inputs":[{"text":"a"},{"text":""}]}"#, "/inputs/1/text"), (#"{"inputs":["a",""]}"#, "/inputs/1"),
        (#"{"data":[""]}"#, "/data/0"), (#"{"data":[["a"],[""]]}"#, "/data/1/0"),
        (#"{"texts":[{"text":"a"}]}"#, "/texts/0"),
        (#"{"inputs":[{"txet":""}]}"#, "/inputs/0"), (#"{"text":null}"#, "/text"),
    ])
    func `a bad row is pointed at from the root`(body: String, pointer: String) throws {
        let (rows, report) = try Samples.submission(body, Samples.text)
        #expect(report.faults.map(\.pointer) == [pointer])
        #expect(rows.faults.count == 1)
    }

    @Test(arguments: [
        ("", ErrorCode.malformedJSON), ("[]", .wrongType), ("{", .malformedJSON), (#"{"text":"a"}x"#, .malformedJSON),
        (#"{"model":"m"}"#, .noRows), (#"{"inputs":[]}"#, .noRows), (#"{"data":[]}"#, .noRows),
        (#"{"text":"a","texts":["b"]}"#, .invalidParameter), (#"{"inputs":{"text":"a"}}"#, .wrongType),
        (#"{"texts":"a"}"#, .wrongType), (#"{"text":"a","modle":"m"}"#, .unknownField),
        (#"{"text":"a","text":"b"}"#, .malformedJSON), (#"{"texts":["a"],"id":"c"}"#, .wrongType),
        ("{\"text\":\"\u{1}\"}", .malformedJSON), ("{\"inputs\":" + String(repeating: "[", count: 33), .nestedTooDeep),
        (#"{"modle":1,"text":"a""#, .malformedJSON),
    ])
    func `a body that does not say its rows once is refused`(body: String, code: ErrorCode) {
        let error = #expect(throws: IntakeError.self) { try Samples.submission(body, Samples.text) }
        #expect(error?.code == code)
    }

    @Test(arguments: [
        (#"{"texts":["a","b \ud83d","c"]}"#, "/texts/1"),
        (#"{"inputs":[{"text":"a"},{"text":"\ude00b"},["c"]]}"#, "/inputs/1/text"),
        (#"{"data":[["a"],["\ude00\ud83d"],["c"]]}"#, "/data/1/0"),
        (#"{"instances":[{"text":"a"},{"text":"b","id":"\ud83d"},{"text":"c"}]}"#, "/instances/1"),
    ])
    func `a text cut within an emoji fails its row alone`(body: String, pointer: String) throws {
        let (rows, report) = try Samples.submission(body, Samples.text)
        #expect(rows.texts(0) == ["a", "c"] && rows.codes == [.wrongType])
        #expect(report.faults[0].pointer == pointer && report.faults[0].message.contains("surrogate"))
    }

    @Test func `an option that was cut within an emoji is refused by its name`() throws {
        for (member, read) in [
            (#""priority":"\ud83d""#, { _ = try $0.string("priority") }),
            (#""metadata":{"a":"x\ude00"}"#, { _ = try $0.strings("metadata") }),
            (#""metadata":{"\ud83d":"x"}"#, { _ = try $0.strings("metadata") }),
        ] as [(String, (JSONObject) throws -> Void)] {
            let object = try JSONObject(parsing: Array("{\(member)}".utf8), members: ["priority", "metadata"])
            let error = #expect(throws: IntakeError.self) { try read(object) }
            #expect(error?.code == .wrongType && error?.message.contains("surrogate") == true)
        }
    }

    @Test(arguments: [
        ("NaN", "the model takes it as missing"), ("Infinity", "the model takes it as missing"),
        ("-Infinity", "the model takes it as missing"),
    ])
    func `what Python writes for no number fails its row, with what null would mean`(literal: String, meaning: String)
        throws
    {
        let body = #"{"inputs":[{"review":"a","spend":\#(literal)},{"review":"b","spend":null},{"review":NaN}]}"#
        let (rows, report) = try Samples.submission(body, Samples.mixed)
        #expect(rows.codes == [.wrongType, .wrongType] && rows.texts(0) == ["b"])
        #expect(report.faults[0].pointer == "/inputs/0/spend")
        #expect(report.faults[0].message.contains("write null if it is missing (\(meaning))"))
        #expect(report.faults[1].message.contains("a missing value is refused here"))
    }

    @Test(arguments: ["NaN", "Infinity", "-Infinity"])
    func `an id that is no number fails its row, not the body`(id: String) throws {
        let body = #"{"inputs":[{"text":"a","id":\#(id)},{"id":-7,"text":"b"},{"id":\#(id),"text":"c"}]}"#
        let (rows, report) = try Samples.submission(body, Samples.text)
        #expect(rows.codes == [.wrongType, .wrongType] && rows.texts(0) == ["b"])
        #expect(report.faults.allSatisfy { $0.message == "The row's id must be a string or a whole number." })
    }

    @Test func `an unknown field is named, with the nearest known one`() {
        let error = #expect(throws: IntakeError.self) {
            try Samples.submission(#"{"text":"a","modle":"m"}"#, Samples.text)
        }
        #expect(error?.message.contains("did you mean `model`?") == true)
        #expect(error?.message.contains("a field `modle`") == true)
    }

    @Test func `the byte at which JSON breaks is told`() {
        let error = #expect(throws: IntakeError.self) { try Samples.submission(#"{"text":"a",}"#, Samples.text) }
        #expect(error == .malformedJSON(atByte: 12, problem: .expectedName))
    }

    @Test func `text and texts are for models of one text`() {
        #expect(throws: IntakeError.unsuitableCarrier("texts", inputs: ["sepal_length", "sepal_width"])) {
            try Samples.submission(#"{"texts":["a"]}"#, Samples.iris)
        }
    }

    @Test func `too many rows are refused before any is scanned`() {
        #expect(throws: IntakeError.tooManyRows(found: 3, limit: 2)) {
            try Samples.submission(#"{"texts":["a","b","c"]}"#, Samples.text, limit: 2)
        }
    }

    @Test func `a single row may have its id beside it, many have theirs within`() throws {
        #expect(try Samples.submission(#"{"id":"c-1","text":"a"}"#, Samples.text).0.idTexts == ["c-1"])
        #expect(try Samples.submission(#"{"id":7,"text":" "}"#, Samples.text).0.idTexts == ["7"])
        let many = #"{"inputs":[{"text":"a","id":12},{"text":"b"}]}"#
        #expect(try Samples.submission(many, Samples.text).0.idTexts == ["12", ""])
    }

    @Test func `options are read with their types and bounds`() throws {
        let body =
            #"{"text":"a","name":"Spring \u00e9","wait":2.5,"count":7,"dry":true,"none":null,"meta":{"k":"v","l":"w"}}"#
        let names = ["name", "wait", "count", "dry", "none", "meta"]
        let submission = try JSONSubmission(parsing: Array(body.utf8), options: names)
        #expect(try submission.object.string("name") == "Spring é")
        #expect(try submission.object.number("wait", in: 0...60) == 2.5)
        #expect(try submission.object.integer("count", in: 1...10) == 7)
        #expect(try submission.object.flag("dry") == true)
        #expect(try submission.object.string("none") == nil && submission.object.string("absent") == nil)
        #expect(try submission.object.strings("meta") == ["k": "v", "l": "w"])
        #expect(throws: IntakeError.self) { try submission.object.string("count") }
        #expect(throws: IntakeError.self) { try submission.object.string("name", maximumBytes: 3) }
        #expect(throws: IntakeError.self) { try submission.object.number("wait", in: 0...1) }
        #expect(throws: IntakeError.self) { try submission.object.integer("wait", in: 0...60) }
        #expect(throws: IntakeError.self) { try submission.object.strings("name") }
        #expect(throws: IntakeError.self) { try submission.object.flag("count") }
    }

    @Test(arguments: [
        #"{"a":1}"#, #"{"a":"1","a":"2"}"#, "{" + (0..<17).map { "\"k\($0)\":\"v\"" }.joined(separator: ",") + "}",
        #"{"a":"\#(String(repeating: "x", count: 600))"}"#, #"{"a":{"b":"c"}}"#,
    ])
    func `metadata is a few short strings`(metadata: String) throws {
        let submission = try JSONSubmission(
            parsing: Array("{\"text\":\"a\",\"metadata\":\(metadata)}".utf8), options: ["metadata"])
        #expect(throws: IntakeError.self) { try submission.object.strings("metadata") }
    }

    @Test func `rows come in chunks and the report counts them all`() throws {
        let texts = (0..<250).map { $0 % 2 == 0 ? "\"x\"" : "\" \"" }.joined(separator: " , ")
        let submission = try JSONSubmission(parsing: Array("{\"texts\":[\(texts)]}".utf8), options: [])
        var builder = RowsBuilder(signature: Samples.text, chunkRows: 100)
        var scanner = try submission.scanner(for: Samples.text, limit: 250)
        let chunks = try scanner.scanAll(into: &builder)
        #expect(chunks.map(\.count) == [100, 100, 50])
        #expect(chunks[2].faults.first?.row == 1)
        #expect(builder.report.total == 125)
        #expect(builder.report.faults.count == Limits.reportedFaults)
        #expect(builder.report.faults[60].pointer == "/texts/121" && builder.report.faults[60].row == 121)
    }

    @Test func `golden rows are scanned by the same rules`() throws {
        let rows = try JSONRows.scan(array: Array(#"[{"text":"a"},{"text":" "},"c"]"#.utf8), for: Samples.text)
        #expect(rows.texts(0) == ["a", "c"] && rows.codes == [.blankText])
        #expect(throws: IntakeError.self) { try JSONRows.scan(array: Array("{}".utf8), for: Samples.text) }
        #expect(throws: IntakeError.self) { try JSONRows.scan(array: Array("[1,]".utf8), for: Samples.text) }
        #expect(throws: IntakeError.self) {
            try JSONRows.scan(array: Array(#"["a","b"]"#.utf8), for: Samples.text, limit: 1)
        }
    }
}
