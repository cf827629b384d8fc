import Core
import Intake
import Testing

@testable import API
@testable import HTTP

@Suite struct SubmissionOptionsTests {
    private func read(
        _ query: [(String, String)] = [], headers: HTTPHeaders = [:], json: String? = nil, isTable: Bool = false
    ) throws -> SubmissionOptions {
        let request = HTTPRequest(
            method: .post, target: "/", path: "/",
            query: HTTPQuery(items: query.map { HTTPQuery.Item(name: $0.0, value: $0.1) }), headers: headers,
            requestID: "r", remoteAddress: "127.0.0.1")
        let body = try json.map { try JSONObject(parsing: Array($0.utf8), members: SubmissionOptions.members) }
        return try SubmissionOptions(request, body: body, isTable: isTable)
    }

    @Test func `query, headers and body say the same things`() throws {
        let query = try read([
            ("model", "m"), ("model_version", "v1"), ("name", "n"), ("priority", "low"), ("metadata.a", "b"),
            ("id_column", "i"), ("on_invalid", "record"), ("keep_input", "false"), ("deadline_in", "1.5"),
            ("keep_for", "60"), ("not_before", "2026-11-21T09:30:00.250Z"), ("dry_run", "true"), ("upload", "later"),
        ])
        let body = try read(
            headers: ["X-Model-Version": "v1"],
            json: """
                {"model":"m","name":"n","priority":"low","metadata":{"a":"b"},"id_column":"i","on_invalid":"record",
                "keep_input":false,"deadline_in":1.5,"keep_for":60,"not_before":"2026-11-21T10:30:00.250+01:00",
                "dry_run":true,"upload":true}
                """)
        for options in [query, body] {
            #expect(options.model == "m" && options.version == "v1" && options.name == "n")
            #expect(options.priority == .low && options.metadata == ["a": "b"] && options.idColumn == "i")
            #expect(options.table.idColumn == "i" && options.invalidRows == .record && !options.keepsInput)
            #expect(options.deadlineIn == .milliseconds(1_500) && options.keepFor == .seconds(60))
            #expect(options.notBefore == WallTime(milliseconds: 1_795_253_400_250))
            #expect(options.isDryRun && options.uploadTime == .later)
        }
    }

    @Test func `what is left out has its default`() throws {
        for options in [try read(), try read(json: "{}"), try read(json: #"{"name":null,"upload":false}"#)] {
            #expect(options.keepsInput && !options.isDryRun && options.uploadTime == nil)
            #expect(options.invalidRows == nil && options.deadlineIn == nil && options.metadata.isEmpty)
            #expect(options.idempotencyKey == nil)
        }
    }

    @Test func `where two places disagree none is taken`() throws {
        for name in ["model", "name", "priority", "on_invalid", "id_column"] {
            let (one, other) =
                name == "priority" ? ("low", "high") : name == "on_invalid" ? ("reject", "record") : ("a", "b")
            #expect(throws: APIError.self, "\(name)") { try read([(name, one)], json: #"{"\#(name)":"\#(other)"}"#) }
            #expect(throws: APIError.self, "\(name)") { try read([(name, one), (name, other)]) }
            _ = try read([(name, one), (name, one)], json: #"{"\#(name)":"\#(one)"}"#)
        }
        #expect(throws: APIError.self) { try read([("model_version", "v1")], headers: ["X-Model-Version": "v2"]) }
        #expect(throws: APIError.self) { try read([("metadata.a", "1")], json: #"{"metadata":{"a":"2"}}"#) }
        #expect(try read([("metadata.a", "1")], json: #"{"metadata":{"b":"2"}}"#).metadata == ["a": "1", "b": "2"])
    }

    @Test func `a number written in two ways is the same number`() throws {
        // A query says 60, and JSON's 60 becomes a floating-point number on the way.
        #expect(try read([("deadline_in", "60")], json: #"{"deadline_in":60}"#).deadlineIn == .seconds(60))
        #expect(try read([("keep_for", "0.5")], json: #"{"keep_for":5e-1}"#).keepFor == .milliseconds(500))
    }

    @Test func `table options are for tables only`() throws {
        let items = [("delimiter", "tab"), ("decimal", ","), ("map.recency", "weeks"), ("booleans", "ja,nein")]
        let table = try read(items, isTable: true).table
        #expect(table.delimiter == .tab && table.decimal == .comma && table.map == ["recency": "weeks"])
        for item in items { #expect(throws: APIError.self, "\(item.0)") { try read([item]) } }
        #expect(try read([("delimiter", "auto"), ("booleans", "auto")], isTable: true).table.delimiter == nil)
    }

    @Test func `metadata has bounds`() throws {
        let many = (0..<Limits.metadataStrings).map { ("metadata.k\($0)", "v") }
        #expect(try read(many).metadata.count == Limits.metadataStrings)
        #expect(throws: APIError.self) { try read(many + [("metadata.more", "v")]) }
        #expect(throws: APIError.self) { try read(many, json: #"{"metadata":{"more":"v"}}"#) }
        let longest = String(repeating: "x", count: Limits.metadataBytes)
        #expect(try read([("metadata." + longest, longest)]).metadata == [longest: longest])
        #expect(throws: APIError.self) { try read([("metadata.a", longest + "x")]) }
        #expect(throws: APIError.self) { try read([("metadata." + longest + "x", "a")]) }
        #expect(throws: APIError.self) { try read([("metadata.", "a")]) }
    }

    @Test func `a text with NUL, which not every database can hold, is refused wherever it comes in`() throws {
        // A query and a header cannot bring one: HTTP refuses it. JSON can, escaped.
        for name in ["model", "model_version", "name", "id_column"] {
            #expect(throws: APIError.self, "\(name)") { try read(json: #"{"\#(name)":"a\u0000b"}"#) }
        }
        #expect(throws: APIError.self) { try read(json: #"{"metadata":{"a":"b\u0000"}}"#) }
        #expect(throws: APIError.self) { try read(json: #"{"metadata":{"a\u0000":"b"}}"#) }
        #expect(throws: APIError.self) { try read([("metadata.a\0", "b")]) }
        #expect(throws: APIError.self) { try read([("name", "\0")]) }
        #expect(throws: APIError.self) { try read(headers: ["Idempotency-Key": "a\0b"]) }
        #expect(try read(json: #"{"name":"a\u0001b"}"#).name == "a\u{1}b")
    }

    @Test func `a key has bounds`() throws {
        #expect(try read(headers: ["Idempotency-Key": "k"]).idempotencyKey == "k")
        #expect(throws: APIError.self) { try read(headers: ["Idempotency-Key": ""]) }
        let long = String(repeating: "k", count: Limits.idempotencyKeyBytes + 1)
        #expect(throws: APIError.self) { try read(headers: ["Idempotency-Key": long]) }
    }

    @Test func `options that were kept with a task are read back`() throws {
        let options = try read(
            [("name", "a \"b\"\u{E9}"), ("map.recency", "weeks"), ("metadata.x", "y"), ("deadline_in", "5")],
            isTable: true)
        let again = try SubmissionOptions(stored: options.stored, isTable: true)
        #expect(again.name == options.name && again.table.map == options.table.map && again.metadata == ["x": "y"])
        #expect(again.deadlineIn == .seconds(5))
        #expect(throws: APIError.self) { try SubmissionOptions(stored: options.stored, isTable: false) }
        let repeated = again.repeated(as: try read([("priority", "high"), ("name", "new")]))
        #expect(repeated.name == "new" && repeated.priority == .high && repeated.metadata == ["x": "y"])
        #expect(repeated.deadlineIn == nil && repeated.table.map == ["recency": "weeks"])
    }

    @Test func `warnings are written as JSON`() {
        #expect(InputWarning.text([]) == nil)
        #expect(
            InputWarning.text([InputWarning(code: "a", message: "\"x\""), InputWarning(code: "b", message: "y")])
                == #"[{"code":"a","message":"\"x\""},{"code":"b","message":"y"}]"#)
    }
}
