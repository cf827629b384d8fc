import Core
import HTTP
import Testing

/// What libmicrohttpd lets through and two servers in a row would read as two different requests.
@Suite struct SmugglingTests {
    struct Attack: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let request: String
    }

    static let attacks: [Attack] = [
        Attack(
            testDescription: "two different lengths",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nContent-Length: 5\r\n\r\nabcde"),
        Attack(
            testDescription: "two equal lengths",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\ncontent-length: 3\r\n\r\nabc"),
        Attack(
            testDescription: "a length and chunks",
            request:
                "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Attack(
            testDescription: "another transfer encoding",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
        Attack(
            testDescription: "two transfer encodings",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n"
                + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
        Attack(
            testDescription: "chunks in HTTP 1.0",
            request: "POST /body HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Attack(testDescription: "a bare LF", request: "GET /now HTTP/1.1\r\nHost: t\nX-A: b\r\n\r\n"),
        Attack(testDescription: "a bare LF at the end", request: "GET /now HTTP/1.1\r\nX-A: b\nHost: t\r\n\r\n"),
        Attack(testDescription: "a bare LF behind the request line", request: "GET /now HTTP/1.1\nHost: t\r\n\r\n"),
        Attack(
            testDescription: "a folded line", request: "GET /now HTTP/1.1\r\nHost: t\r\nX-A: b\r\n c\r\nX-B: d\r\n\r\n"),
        Attack(testDescription: "a folded last line", request: "GET /now HTTP/1.1\r\nHost: t\r\nX-A: b\r\n\tc\r\n\r\n"),
        Attack(testDescription: "NUL in a value", request: "GET /now HTTP/1.1\r\nX-A: b\0c\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a control character", request: "GET /now HTTP/1.1\r\nX-A: b\u{1}\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a lone CR", request: "GET /now HTTP/1.1\r\nX-A: b\rc\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a space before the colon", request: "GET /now HTTP/1.1\r\nHost : t\r\n\r\n"),
        Attack(testDescription: "no name", request: "GET /now HTTP/1.1\r\n: t\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "no host", request: "GET /now HTTP/1.1\r\n\r\n"),
        Attack(testDescription: "two hosts", request: "GET /now HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
        Attack(testDescription: "NUL in the target", request: "GET /now\0/more HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "an escaped NUL", request: "GET /now%00 HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a bad escape", request: "GET /now%2 HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a bad escape in the query", request: "GET /now?a=%zz HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a target that is not UTF-8", request: "GET /%ff HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a space in the target", request: "GET /now x HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "an unescaped letter", request: "GET /ä HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a target that is no path", request: "GET now HTTP/1.1\r\nHost: t\r\n\r\n"),
    ]

    static let routes: [Route] = [
        Route(.get, "/now", .immediate { _ in .json([]) }),
        Route(.post, "/body", .collected(upTo: 100) { _, bytes in .bytes(bytes, type: "text/plain") }),
    ]

    @Test(arguments: attacks)
    func `is answered 400 and the connection closed`(attack: Attack) async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send(attack.request)
            let answer = try client.read()
            #expect(answer.status == 400)
            #expect(try client.isClosed())
            #expect(answer.header("Content-Type") == "application/problem+json")
            #expect(answer.text.contains(#""code":"malformed_request""#))
            #expect(try #require(answer.header("X-Request-ID")).isEmpty == false)
        }
    }

    /// The library answers these before it asks for a handler, with a page of its own.
    static let refusedByTheLibrary: [Attack] = [
        Attack(
            testDescription: "a length with a sign",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: +3\r\n\r\nabc"),
        Attack(
            testDescription: "a length beyond all bounds",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\nabc"),
        Attack(testDescription: "NUL in a name", request: "GET /now HTTP/1.1\r\nX\0-A: b\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a line without a colon", request: "GET /now HTTP/1.1\r\nHost: t\r\nnonsense\r\n\r\n"),
        Attack(testDescription: "no version", request: "GET /now\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a version to come", request: "GET /now HTTP/3.0\r\nHost: t\r\n\r\n"),
        Attack(
            testDescription: "a chunk that is no chunk",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
    ]

    @Test(arguments: refusedByTheLibrary)
    func `is refused and the connection closed`(attack: Attack) async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send(attack.request + "GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
            let answer = String(decoding: try client.readToEnd(), as: UTF8.self)
            #expect(answer.hasPrefix("HTTP/1.1 4") || answer.hasPrefix("HTTP/1.1 505"))
            #expect(!answer.contains("HTTP/1.1 200"))
        }
    }

    @Test
    func `what is allowed though rare is served`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send("GET /now HTTP/1.1\r\nHost:t\r\nX-Empty:\r\nX-Tab:\ta\tb\r\nX-!#$%&'*+-.^_`|~: ü\r\n\r\n")
            #expect(try client.read().status == 200)
            try client.send(
                "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: Chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n")
            #expect(try client.read().text == "abc")
            #expect(try client.get("/now").status == 200)
        }
    }

    @Test
    func `a head beyond the bound is answered 431`() async throws {
        try await serving(Self.routes) { fixture in
            let padding = String(repeating: "a", count: 33_000)
            let client = try fixture.connect()
            #expect(try client.get("/now", headers: "X-A: \(padding.prefix(31_000))\r\n").status == 200)
            let refused = try client.get("/now", headers: "X-A: \(padding)\r\n")
            #expect(refused.status == 431)
            #expect(refused.text.contains(#""code":"headers_too_large""#))
            #expect(try fixture.connect().get("/now?\(padding)").status == 431)
        }
    }

    /// Each field costs memory of the connection beside its bytes, and the answer's head some more.
    @Test
    func `a head that fills the bound is taken with two hundred fields`() async throws {
        try await serving(Self.routes) { fixture in
            let fields = (100..<300).map { "X-\($0): \(String(repeating: "a", count: 150))\r\n" }.joined()
            #expect((31_000...Limits.headerBytes).contains(fields.utf8.count))
            let client = try fixture.connect()
            for _ in 0..<2 { #expect(try client.get("/now", headers: fields).status == 200) }
        }
    }
}
