import HTTP
import Testing

@testable import API

@Suite struct ContentRangeTests {
    private func read(_ text: String, _ more: HTTPHeaders = [:]) throws -> ContentRange? {
        var headers = more
        headers.set("Content-Range", text)
        return try ContentRange(request(headers))
    }

    private func request(_ headers: HTTPHeaders) -> HTTPRequest {
        HTTPRequest(method: .put, target: "/", path: "/", headers: headers, requestID: "r", remoteAddress: "127.0.0.1")
    }

    @Test(arguments: [
        ("bytes 0-0/1", 0, true), ("bytes 0-999/1000", 0, true), ("bytes 0-999/1001", 0, false),
        ("bytes 1000-1999/*", 1_000, false), ("bytes 5-5/6", 5, true), ("bytes */17", 17, true),
        ("bytes 999999999999999990-999999999999999998/999999999999999999", 999_999_999_999_999_990, true),
    ])
    func `a range says where bytes begin and whether the input ends with them`(text: String, start: Int, isLast: Bool)
        throws
    {
        let range = try #require(try read(text))
        #expect(range.start == start)
        #expect(range.isLast == isLast)
    }

    @Test(arguments: [
        "", "bytes", "bytes ", "bytes 1-0/5", "bytes 0-5/5", "bytes 0-5/0", "bytes 0-5/", "bytes 0-/5", "bytes -5/5",
        "bytes 0 - 5/6", "bytes 0-5/6 ", " bytes 0-5/6", "Bytes 0-5/6x", "bytes=0-5/6", "bytes +0-5/6", "bytes 0-5",
        "bytes */*", "bytes */", "bytes 0-*/6", "rows 0-5/6", "bytes 0-5/-6", "bytes 0x0-5/6",
        "bytes 0-99999999999999999999/*", "bytes \u{0661}-\u{0662}/\u{0663}", "bytes 0-5/6,bytes 0-5/6",
    ])
    func `a range that cannot be meant is refused`(text: String) {
        #expect(throws: APIError.self, "\(text)") { try read(text) }
    }

    @Test func `a request without a range brings the whole`() throws {
        #expect(try ContentRange(request([:])) == nil)
        #expect(try ContentRange(request(["Content-Encoding": "gzip"])) == nil)
    }

    @Test func `a range is as long as its body, and of bytes as they are stored`() throws {
        #expect(try read("bytes 0-9/10", ["Content-Length": "10"])?.isLast == true)
        #expect(try read("bytes */10", ["Content-Length": "0"])?.isLast == true)
        #expect(throws: APIError.self) { try read("bytes 0-9/10", ["Content-Length": "9"]) }
        #expect(throws: APIError.self) { try read("bytes */10", ["Content-Length": "1"]) }
        #expect(throws: APIError.self) { try read("bytes 0-9/10", ["Content-Encoding": "gzip"]) }
    }
}
