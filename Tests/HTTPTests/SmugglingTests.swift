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

    static let padded = [
        "Content-Length: 5 \r\nHost: t\r\nX-A: b\r\n", "Content-Length:\t 5\t \r\nHost: t \t\r\nX-A: b \r\n",
        "Host: t\t\r\nX-A:b   \r\nX-B:  \r\nX-C: c d  \r\nContent-Length:5\t\r\n",
        "Expect: 100-continue \r\nHost: t\r\nContent-Length: 5\r\nX-A: b\t\r\n",
        "Transfer-Encoding: chunked \r\nHost: t\r\nX-A: b\r\n", "Transfer-Encoding:chunked\t\r\nHost: t\r\nX-A: b\r\n",
        "Connection: keep-alive \r\nContent-Length: 5\r\nHost: t\r\nX-A: b\r\n",
    ]

    /// The library keeps blanks behind a value, and takes no number that has some.
    @Test(arguments: padded)
    func `blanks before and behind a value are no part of it`(fields: String) async throws {
        let echo = Route(
            .post, "/echo",
            .collected(upTo: 100) { request, bytes in
                let values = ["Host", "X-A"].map { "[\(request.headers.first($0) ?? "-")]" }.joined()
                return .bytes(Array(values.utf8) + bytes, type: "text/plain")
            })
        try await serving([echo]) { fixture in
            let body = fields.contains("chunked") ? "5\r\nabcde\r\n0\r\nX-T: u \r\n\r\n" : "abcde"
            let request = Array("POST /echo HTTP/1.1\r\n\(fields)\r\n\(body)".utf8)
            for size in [request.count, 7, 1] {
                let client = try fixture.connect()
                client.sendAtOnce()
                // Twice, so that the next request is where it should be.
                for piece in stride(from: 0, to: 2 * request.count, by: size) {
                    try client.send(Array((request + request)[piece..<min(piece + size, 2 * request.count)]))
                }
                for _ in 0..<2 {
                    var answer = try client.read()
                    if answer.status == 100 { answer = try client.read() }
                    #expect(answer.status == 200 && answer.text == "[t][b]abcde", "\(answer.text)")
                }
            }
        }
    }

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

    /// What the library would answer with a page of its own, or take.
    static let refusedBeforeTheLibrary: [Attack] = [
        Attack(
            testDescription: "a length with a sign",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: +3\r\n\r\nabc"),
        Attack(
            testDescription: "a length beyond all bounds",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nContent-Length: 99999999999999999999\r\n\r\nabc"),
        Attack(testDescription: "NUL in a name", request: "GET /now HTTP/1.1\r\nX\0-A: b\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "a line without a colon", request: "GET /now HTTP/1.1\r\nHost: t\r\nnonsense\r\n\r\n"),
        Attack(testDescription: "no version", request: "GET /now\r\nHost: t\r\n\r\n"),
        Attack(
            testDescription: "a chunk that is no chunk",
            request: "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
        Attack(testDescription: "a bare LF behind a chunk's size", request: chunked + "3\nabc\r\n0\r\n\r\n"),
        Attack(testDescription: "a bare LF behind a chunk", request: chunked + "3\r\nabc\n0\r\n\r\n"),
        Attack(testDescription: "a bare LF behind the last chunk", request: chunked + "3\r\nabc\r\n0\n\r\n"),
        Attack(testDescription: "a bare LF at the body's end", request: chunked + "3\r\nabc\r\n0\r\n\n"),
        Attack(testDescription: "a chunk longer than its size", request: chunked + "3\r\nabcd\r\n0\r\n\r\n"),
        Attack(testDescription: "NUL in a chunk's extension", request: chunked + "3;\0\r\nabc\r\n0\r\n\r\n"),
        Attack(testDescription: "NUL in the query", request: "GET /now?a=\0 HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "an escaped NUL in the query", request: "GET /now?a=%00 HTTP/1.1\r\nHost: t\r\n\r\n"),
        Attack(testDescription: "bare LFs alone", request: "GET /now HTTP/1.1\nHost: t\n\n"),
        Attack(testDescription: "another protocol", request: "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{FC}\u{3}\u{3}"),
    ]

    private static let chunked = "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"

    @Test(arguments: refusedBeforeTheLibrary)
    func `is answered 400 in our own words, and nothing behind it is served`(attack: Attack) async throws {
        try await serving(Self.routes) { fixture in
            // In one piece, and byte by byte: what the library has read already cannot be looked at.
            for isSlow in [false, true] {
                let client = try fixture.connect()
                if isSlow {
                    client.sendAtOnce()
                    // It may be refused before it is whole.
                    do { for byte in attack.request.utf8 { try client.send([byte]) } } catch is RawClient.Failure {}
                } else {
                    try client.send(attack.request + "GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
                }
                let answer = String(decoding: try client.readToEnd(), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
                #expect(answer.contains("application/problem+json") && answer.contains(#""code":"malformed_request""#))
                #expect(!answer.contains("HTTP/1.1 200"))
            }
        }
    }

    @Test
    func `a request behind others is refused in its turn`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let fine = "POST /body HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            try client.send(fine + fine + "GET /now HTTP/9.9\r\nHost: t\r\n\r\n" + fine)
            for _ in 0..<2 { #expect(try client.read().text == "abc") }
            let refused = try client.read()
            #expect(refused.status == 505 && refused.text.contains(#""code":"version_not_supported""#))
            #expect(try client.isClosed())
        }
    }

    @Test
    func `a body whose chunks break is never a whole body`() async throws {
        let broken = Door()
        let route = Route(
            .post, "/in",
            .streamed(upTo: 1_000) { _, body in
                do { for try await _ in body {} } catch {
                    broken.open()
                    throw error
                }
                return HTTPResponse(status: 200)
            })
        try await serving([route]) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
            client.pause(milliseconds: 20)
            try client.send("3\nabc\r\n0\r\n\r\n")
            let answer = try client.read()
            #expect(answer.status == 400 && answer.header("Connection")?.lowercased() == "close")
            #expect(try client.isClosed())
            try broken.waitUntilOpen()
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
            let long = try fixture.connect().get("/now?\(padding)")
            #expect(long.status == 414 && long.text.contains(#""code":"target_too_long""#))
            let many = try fixture.connect().get("/now", headers: String(repeating: "A: b\r\n", count: 1_000))
            #expect(many.status == 431)
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
