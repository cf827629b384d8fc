import Foundation
import HTTP
import Testing

/// What callers get who send what they should not: the right 4xx as problem+json, and a service that goes on.
@Suite(.serialized) struct HostileRequestTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var path = "/predict/async"
        var method = HTTPMethod.post
        var type = "application/json"
        let body: [UInt8]
        let status: Int
        let code: String

        init(
            _ name: String, _ body: String, path: String = "/predict/async", method: HTTPMethod = .post,
            type: String = "application/json", _ status: Int, _ code: String
        ) {
            self.init(name, bytes: Array(body.utf8), path: path, method: method, type: type, status, code)
        }

        init(
            _ name: String, bytes: [UInt8], path: String = "/predict/async", method: HTTPMethod = .post,
            type: String = "application/json", _ status: Int, _ code: String
        ) {
            self.name = name
            self.path = path
            self.method = method
            self.type = type
            body = bytes
            self.status = status
            self.code = code
        }

        var testDescription: String { name }
    }

    static let secret = "xyzzy-secret"

    static let cases: [Case] = [
        Case("malformed JSON", #"{"model":"sentiment","text":"a"#, 400, "malformed_json"),
        Case("no body", "", 400, "body_required"),
        Case("JSON that is no object", "[1,2]", 422, "wrong_type"),
        Case("a wrong type", #"{"model":"sentiment","text":7}"#, 422, "wrong_type"),
        Case("a number as text", #"{"model":"iris","data":["\#(secret)",1,1,1]}"#, 422, "wrong_type"),
        Case("blank text", #"{"model":"sentiment","text":"  "}"#, 422, "blank_text"),
        Case(
            "too long a text", #"{"model":"sentiment","text":"\#(String(repeating: "a", count: 1_001))"}"#, 422,
            "text_too_long"),
        Case("an unknown model", #"{"model":"\#(secret)","text":"a"}"#, 422, "unknown_model"),
        Case(
            "an unknown version", #"{"model":"sentiment","model_version":"v9","text":"a"}"#, 422,
            "unknown_model_version"),
        Case("no model", #"{"text":"a"}"#, 422, "unknown_model"),
        Case("an unknown member", #"{"model":"sentiment","text":"a","modle":1}"#, 422, "unknown_field"),
        Case("two carriers of rows", #"{"model":"sentiment","text":"a","texts":["b"]}"#, 422, "invalid_parameter"),
        Case("a name with NUL", #"{"model":"sentiment","text":"a","name":"a\u0000b"}"#, 422, "invalid_parameter"),
        Case(
            "metadata with NUL", #"{"model":"sentiment","text":"a","metadata":{"a":"\u0000"}}"#, 422,
            "invalid_parameter"),
        Case(
            "a metadata name with NUL", #"{"model":"sentiment","text":"a","metadata":{"\u0000":"a"}}"#, 422,
            "invalid_parameter"),
        Case(
            "an escaped NUL in the query", #"{"model":"sentiment","text":"a"}"#, path: "/predict/async?name=a%00", 400,
            "malformed_request"),
        Case(
            "a model with NUL to be resumed", #"{"model":"a\u0000"}"#, path: "/admin/queue/resume", 422,
            "invalid_parameter"),
        Case("no rows", #"{"model":"sentiment","texts":[]}"#, 422, "no_rows"),
        Case("a missing input", #"{"model":"iris","input":{"sepal_length":1}}"#, 422, "missing_input"),
        Case("out of bounds", #"{"model":"iris","data":[1,1,1,900]}"#, 422, "out_of_bounds"),
        Case("deep nesting", String(repeating: "[", count: 100_000), 400, "nested_too_deep"),
        Case(
            "invalid UTF-8", bytes: Array(#"{"model":"sentiment","text":""#.utf8) + [0xC3, 0x28] + Array("\"}".utf8),
            400,
            "invalid_utf8"),
        Case("10 MB of junk", String(repeating: secret, count: 900_000), 413, "body_too_large"),
        Case(
            "an unknown query item", #"{"model":"sentiment","text":"a"}"#, path: "/predict/async?modle=x", 422,
            "invalid_parameter"),
        Case("an unknown media type", "x", type: "application/xml", 415, "unsupported_media_type"),
        Case("form encoding", "text=a", type: "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        Case(
            "CSV without its column", "a,b\r\n1,2\r\n", path: "/predict/async?model=sentiment", type: "text/csv", 422,
            "missing_column"),
        Case("CSV without rows", "text\r\n", path: "/predict/async?model=sentiment", type: "text/csv", 422, "no_rows"),
        Case(
            "CSV with an open quote", "text\r\n\"abc", path: "/predict/async?model=sentiment", type: "text/csv", 400,
            "malformed_csv"),
        Case(
            "101 rows at once",
            #"{"model":"sentiment","texts":[\#(Array(repeating: "\"a\"", count: 101).joined(separator: ","))]}"#,
            path: "/predict/batch", 422, "too_many_rows"),
        Case("an unknown route", "", path: "/nothing/here", method: .get, 404, "route_not_found"),
        Case(
            "an unknown task", "", path: "/predict/async/019aa000-0000-7000-8000-000000000000", method: .get, 404,
            "task_not_found"),
        Case("what is no id", "", path: "/predict/async/\(secret)", method: .get, 404, "task_not_found"),
        Case("an unknown model's page", "", path: "/models/\(secret)", method: .get, 404, "model_not_found"),
        Case("a wrong method", "", path: "/predict/async", method: .delete, 405, "method_not_allowed"),
    ]

    @Test func `every bad request gets its own answer and the service goes on`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        for bad in Self.cases {
            let answer = try service.send(
                bad.method, bad.path, bad.method == .post ? ["Content-Type": bad.type] : [:],
                bad.method == .post ? .bytes(bad.body) : .none)
            #expect(answer.status == bad.status, "\(bad.name): \(answer.json)")
            #expect(answer.json["code"] as? String == bad.code, "\(bad.name): \(answer.json)")
            #expect(answer.headers.first("Content-Type") == "application/problem+json", "\(bad.name)")
            #expect(answer.json["request_id"] as? String == answer.headers.first("X-Request-ID"), "\(bad.name)")
            let words = (answer.json["detail"] as? String ?? "") + "\(answer.json["errors"] ?? "")"
            #expect(!words.contains(Self.secret), "\(bad.name) repeats its input")
        }
        #expect(try service.get("/health").waitingRows == 0)
        #expect(try service.submit("still here").count == 36)
    }

    @Test func `a request with two lengths, and half a request, harm nobody`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        for head in [
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
            "POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            let connection = try RawUpload(url: service.url, head: head)
            let answer = connection.readAll()
            #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
            #expect(answer.contains("application/problem+json"))
            connection.close()
        }
        let half = try RawUpload(
            url: service.url, head: "POST /predict/async HTTP/1.1\r\nHost: localhost\r\nContent-Le")
        half.close()
        #expect(try service.submit("still here").count == 36)
    }
}

extension RawUpload {
    /// A connection on which some bytes were sent.
    convenience init(url: String, head: String) throws {
        try self.init(url: url)
        try write(head)
    }
}
