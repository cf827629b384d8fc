import Core
import HTTP
import Testing

/// Callers who wait for a word before they send their body.
@Suite struct ExpectationTests {
    private static let routes: [Route] = [
        Route(.post, "/body", .collected(upTo: 100) { _, bytes in .bytes(bytes, type: "text/plain") }),
        Route(
            .post, "/chosen",
            .chosen { request in
                guard request.query.first("ok") != nil else { throw HTTPError.form(.boundary) }
                return .streamed(upTo: 1_000) { _, body in .bytes(try await body.collect(upTo: 100), type: "text/plain")
                }
            }),
    ]

    private static func head(_ target: String, method: String = "POST", _ more: String = "") -> String {
        "\(method) \(target) HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\(more)\r\n"
    }

    static let refused: [(request: String, status: Int)] = [
        (head("/nothing"), 404), (head("/body", method: "PUT"), 405), (head("/body", "Content-Encoding: br\r\n"), 415),
        (head("/body", "Accept: text/csv\r\n"), 406), (head("/chosen"), 400),
        ("POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 500\r\n\r\n", 413),
        ("POST /nothing HTTP/1.1\r\nHost: t\r\nExpect: 100-Continue\r\nTransfer-Encoding: chunked\r\n\r\n", 404),
        ("POST /body HTTP/1.1\r\nHost: t\r\nExpect: a-miracle\r\nContent-Length: 5\r\n\r\nabcde", 417),
        ("POST /body HTTP/1.1\r\nHost: t\r\nExpect: 100-continue, more\r\nContent-Length: 5\r\n\r\n", 417),
    ]

    @Test(arguments: refused)
    func `what the head decides is answered before the body, without a word to go on`(request: String, status: Int)
        async throws
    {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send(request)
            let answer = try client.read()
            #expect(answer.status == status, "\(request)")
            #expect(answer.header("Content-Type") == "application/problem+json")
        }
    }

    @Test
    func `a caller who may go on is told so once`() async throws {
        try await serving(Self.routes) { fixture in
            for target in ["/body", "/chosen?ok=1"] {
                let client = try fixture.connect()
                try client.send(Self.head(target, "Accept: */*\r\n"))
                #expect(try client.read().status == 100)
                try client.send("abcde")
                let answer = try client.read()
                #expect(answer.status == 200 && answer.text == "abcde")
            }
        }
    }

    @Test
    func `an expectation means nothing in HTTP 1.0`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send("POST /body HTTP/1.0\r\nExpect: a-miracle\r\nContent-Length: 5\r\n\r\nabcde")
            #expect(try client.read().status == 200)
        }
    }
}
