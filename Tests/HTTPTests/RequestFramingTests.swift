import Core
import Testing

@testable import HTTP

/// The rules of HTTP's framing by themselves: pure, and so tried with every way to part the bytes.
@Suite struct RequestFramingTests {
    private struct Outcome: Equatable {
        var passed = 0
        var fault: HTTPError?
        var requests = 0
    }

    /// Feeds bytes in pieces, as a connection brings them.
    private func follow(_ text: String, inPiecesOf size: Int) -> Outcome {
        let bytes = Array(text.utf8)
        var framing = RequestFraming()
        var outcome = Outcome()
        var end = 0
        while end < bytes.count, outcome.fault == nil {
            end = min(end + size, bytes.count)
            let progress = bytes[outcome.passed..<end].withUnsafeBytes { framing.advance(over: $0) }
            outcome.passed += progress.passable
            outcome.fault = progress.fault
        }
        outcome.requests = framing.requests
        return outcome
    }

    static let whole: [(text: String, requests: Int)] = [
        ("GET / HTTP/1.1\r\nHost: t\r\n\r\n", 1), ("\r\nGET / HTTP/1.0\r\n\r\nGET / HTTP/1.9\r\nHost: t\r\n\r\n", 2),
        ("POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\n\n\n\nGET / HTTP/1.1\r\nHost: t\r\n\r\n", 2),
        (
            "POST / HTTP/1.1\r\nhost: t\r\ntransfer-encoding: Chunked\r\n\r\n3;a=\"b\"\r\n\n\n\n\r\n00A\r\n0123456789\r\n"
                + "0\r\nX-A: b\r\n\r\nGET / HTTP/1.1\r\nHost: t\r\n\r\n", 2
        ),
        ("POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n000\r\n\r\n", 1),
    ]

    @Test(arguments: whole)
    func `whole requests pass, whatever pieces they come in`(text: String, requests: Int) {
        for size in [text.utf8.count] + Array(1...9) {
            let outcome = follow(text, inPiecesOf: size)
            #expect(outcome == Outcome(passed: text.utf8.count, requests: requests), "\(size)")
        }
    }

    private static let chunked = "POST / HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"

    /// Each with how many bytes of its body's framing may go on.
    static let broken: [(body: String, passed: Int)] = [
        ("3\nabc\r\n0\r\n\r\n", 0), ("3\r\nabc\n0\r\n\r\n", 6), ("3\r\nabc\r\n0\n\r\n", 8), ("3\r\nabc\r\n0\r\n\n", 11),
        ("3\r\nabcd\r\n0\r\n\r\n", 6), ("3\r\nabc\r\n0\r\nX-A: b\n\r\n", 11), ("0x3\r\nabc\r\n", 0),
        ("+3\r\nabc\r\n", 0),
        ("\r\nabc\r\n", 0), (" 3\r\nabc\r\n", 0), ("3 \r\nabc\r\n", 0), ("-1\r\n", 0), ("1000000000000000\r\na", 0),
        ("3;a\0b\r\nabc\r\n", 0), ("3;a\rb\r\nabc\r\n", 0), ("3\r\nabc\r\r\n", 6), ("0\r\nX A: b\r\n\r\n", 3),
        ("3;\(String(repeating: "a", count: 2_000))", 0),
    ]

    @Test(arguments: broken)
    func `broken chunks are found, and nothing of the broken unit passes`(body: String, passed: Int) {
        let text = Self.chunked + body
        for size in [text.utf8.count] + Array(1...5) {
            let outcome = follow(text, inPiecesOf: size)
            #expect(outcome.passed == Self.chunked.utf8.count + passed, "\(size)")
            #expect(outcome.fault?.code == .malformedRequest, "\(size)")
            #expect(outcome.requests == 1)
        }
    }

    static let brokenHeads: [(text: String, code: ErrorCode)] = [
        ("GET / HTTP/1.1\nHost: t\r\n\r\n", .malformedRequest), ("GET / HTTP/1.1\r\nHost: t\n\n", .malformedRequest),
        ("\nGET / HTTP/1.1\r\nHost: t\r\n\r\n", .malformedRequest), ("GET /\0 HTTP/1.1\r\n\r\n", .malformedRequest),
        ("GET /?a=\0 HTTP/1.1\r\nHost: t\r\n\r\n", .malformedRequest), ("GET  / HTTP/1.1\r\n\r\n", .malformedRequest),
        ("GET / HTTP/1.1 \r\nHost: t\r\n\r\n", .malformedRequest), ("GET /\r\nHost: t\r\n\r\n", .malformedRequest),
        ("GET / http/1.1\r\nHost: t\r\n\r\n", .malformedRequest), ("GET / HTTP/11\r\n\r\n", .malformedRequest),
        ("GET / HTTP/2.0\r\nHost: t\r\n\r\n", .versionNotSupported), ("PRI * HTTP/2.0\r\n\r\n", .versionNotSupported),
        ("GET / HTTP/0.9\r\nHost: t\r\n\r\n", .versionNotSupported), ("\u{16}\u{3}\u{1}", .malformedRequest),
        ("GET / HTTP/1.1\r\nHost: t\r\nX: a\r\n b\r\n\r\n", .malformedRequest),
        ("GET / HTTP/1.1\r\nHost: t\r\nnonsense\r\n\r\n", .malformedRequest),
        ("GET / HTTP/1.1\r\nHost: t\r\nX: a\rb\r\n\r\n", .malformedRequest),
        ("GET / HTTP/1.1\r\nHost: t\r\nContent-Length: 1, 1\r\n\r\n", .malformedRequest),
        ("GET /\(String(repeating: "a", count: 40_000))", .targetTooLong),
        ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 40_000))", .headersTooLarge),
        ("GET / HTTP/1.1\r\nHost: t\r\n\(String(repeating: "a:\r\n", count: 300))\r\n", .headersTooLarge),
    ]

    @Test(arguments: brokenHeads)
    func `broken heads are found, and nothing of them passes`(text: String, code: ErrorCode) {
        let sizes = text.utf8.count > 10_000 ? [4_096] : Array(1...5)
        for size in [text.utf8.count] + sizes {
            let outcome = follow(text, inPiecesOf: size)
            #expect(outcome.passed == 0 && outcome.fault?.code == code && outcome.requests == 1, "\(outcome)")
        }
    }

    @Test
    func `whatever breaks, what went on can be ended as a request`() {
        for (body, _) in Self.broken {
            let bytes = Array((Self.chunked + body).utf8)
            var framing = RequestFraming()
            let progress = bytes.withUnsafeBytes { framing.advance(over: $0) }
            var again = RequestFraming()
            let ended = Array(bytes[..<progress.passable]) + framing.ending
            let outcome = ended.withUnsafeBytes { again.advance(over: $0) }
            #expect(outcome.passable == ended.count && outcome.fault == nil && !again.isWithinHead, "\(body)")
        }
    }
}
