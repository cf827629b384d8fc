import Compression
import Core
import HTTP
import Testing

@Suite struct ServerTests {
    static let routes: [Route] = [
        Route(.get, "/now", .immediate { _ in .json(Array("{}".utf8)) }),
        Route(
            .get, "/later/{id}",
            .asynchronous { request in
                await Task.yield()
                return .bytes(Array(request.parameter("id").utf8), type: "text/plain")
            }),
        Route(.post, "/later/{id}", .collected(upTo: 100) { _, bytes in .bytes(bytes, type: "text/plain") }),
        Route(
            .get, "/echo",
            .immediate { request in
                let items = request.query.items.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
                let text = "\(request.method) \(request.path) \(items) \(request.remoteAddress) \(request.route ?? "")"
                return .bytes(Array(text.utf8), type: "text/plain")
            }),
        Route(.get, "/broken", .immediate { _ in throw Oops() }),
        Route(.get, "/large", .immediate { _ in .json([UInt8](repeating: 32, count: 20_000)) }),
        Route(.get, "/picture", .immediate { _ in .bytes([UInt8](repeating: 1, count: 20_000), type: "image/png") }),
        Route(.get, "/nothing", .immediate { _ in HTTPResponse(status: 304, headers: ["ETag": "\"1\""]) }),
        Route(.get, "/split", .immediate { _ in HTTPResponse(status: 200, headers: ["X-A": "a\r\nX-B: b"]) }),
    ]

    struct Oops: Error {}

    @Test
    func `a kept connection carries many requests, immediate and asynchronous`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            for round in 0..<20 {
                #expect(try client.get("/now").text == "{}")
                #expect(try client.get("/later/a%20\(round)").text == "a \(round)")
                #expect(try client.post("/later/x", Array("body \(round)".utf8)).text == "body \(round)")
            }
            let summaries = try fixture.summaries(60)
            #expect(summaries.count == 60)
            #expect(summaries[1].route == "/later/{id}")
            #expect(summaries[1].method == "GET")
            #expect(summaries[1].status == 200)
            #expect(summaries[1].sentBytes == 3)
            #expect(summaries[1].isComplete)
            #expect(summaries[1].remoteAddress == "127.0.0.1")
        }
    }

    @Test
    func `requests that come at once are answered in order`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let request = { (id: Int) in "GET /later/\(id) HTTP/1.1\r\nHost: t\r\n\r\n" }
            try client.send((0..<50).map(request).joined())
            for id in 0..<50 { #expect(try client.read().text == "\(id)") }
        }
    }

    @Test
    func `the target is decoded`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let answer = try client.get("/ec%68o?a=1&a=%C3%BC+%2B&b")
            #expect(answer.text == "get /echo a=1;a=ü +;b= 127.0.0.1 /echo")
            #expect(try client.get("http://test/echo/?c=d").text == "get /echo/ c=d 127.0.0.1 /echo")
        }
    }

    @Test
    func `every answer has a request id and a process time`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let ours = try client.get("/now")
            #expect(try #require(ours.header("X-Request-ID")).hasPrefix("000000000000abcd-"))
            let time = try #require(ours.header("X-Process-Time").flatMap { Double($0) })
            #expect(time > 0 && time < 5)
            #expect(try client.get("/now", headers: "X-Request-ID: a.B-c_9\r\n").header("X-Request-ID") == "a.B-c_9")
            for bad in ["a b", "", String(repeating: "a", count: 129), "\"", "é"] {
                let answer = try client.get("/missing", headers: "X-Request-ID: \(bad)\r\n")
                #expect(try #require(answer.header("X-Request-ID")).hasPrefix("000000000000abcd-"))
            }
        }
    }

    @Test
    func `an error is a problem with the request's path and id`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let missing = try client.get("/no%20where", headers: "X-Request-ID: q-1\r\n")
            #expect(missing.status == 404)
            #expect(missing.header("Content-Type") == "application/problem+json")
            #expect(
                missing.text
                    == #"{"type":"about:blank","title":"Not Found","status":404,"detail":"No route has this path;"#
                    + #" `GET /` lists all routes.","instance":"/no where","code":"route_not_found","request_id":"q-1"}"#
            )
            let broken = try client.get("/broken")
            #expect(broken.status == 500)
            #expect(broken.text.contains(#""code":"internal_error""#))
            #expect(try client.get("/split").status == 500)
        }
    }

    @Test
    func `another method on a known path is told which there are`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let refused = try client.get("/later/1", method: "DELETE")
            #expect(refused.status == 405)
            #expect(refused.header("Allow") == "GET, HEAD, POST, OPTIONS")
            #expect(try client.get("/now", method: "BREW").status == 405)
            let options = try client.get("/later/1", method: "OPTIONS")
            #expect(options.status == 204)
            #expect(options.header("Allow") == "GET, HEAD, POST, OPTIONS")
            #expect(try client.get("*", method: "OPTIONS").status == 204)
        }
    }

    @Test
    func `HEAD tells the length and sends no body`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let head = try client.get("/later/abc", method: "HEAD")
            #expect(head.status == 200)
            #expect(head.header("Content-Length") == "3")
            #expect(try client.get("/now").text == "{}")
            #expect(try client.get("/nothing").header("ETag") == "\"1\"")
            #expect(try client.get("/now").text == "{}")
        }
    }

    @Test
    func `a large text is compressed for who takes it`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            let packed = try client.get("/large", headers: "Accept-Encoding: br, gzip;q=0.5\r\n")
            #expect(packed.header("Content-Encoding") == "gzip")
            #expect(packed.header("Vary") == "Accept-Encoding")
            #expect(packed.body.count < 1_000)
            #expect(try Inflate.gzip(packed.body, upTo: 20_000).count == 20_000)
            for refusal in ["", "Accept-Encoding: gzip;q=0\r\n", "Accept-Encoding: br\r\n"] {
                let plain = try client.get("/large", headers: refusal)
                #expect(plain.header("Content-Encoding") == nil)
                #expect(plain.header("Vary") == "Accept-Encoding")
                #expect(plain.body.count == 20_000)
            }
            let picture = try client.get("/picture", headers: "Accept-Encoding: gzip\r\n")
            #expect(picture.header("Content-Encoding") == nil)
            #expect(picture.header("Vary") == nil)
            #expect(try client.get("/now", headers: "Accept-Encoding: gzip\r\n").header("Content-Encoding") == nil)
        }
    }

    @Test
    func `HTTP 1.0 is answered and closed`() async throws {
        try await serving(Self.routes) { fixture in
            let client = try fixture.connect()
            try client.send("GET /now HTTP/1.0\r\n\r\n")
            let answer = try client.read()
            #expect(answer.text == "{}")
            #expect(try client.isClosed())
        }
    }

    @Test
    func `routes answer under an alias too and keep their name`() async throws {
        try await serving(Self.routes, alsoUnder: "/api") { fixture in
            let client = try fixture.connect()
            #expect(try client.get("/api/echo").text == "get /api/echo  127.0.0.1 /echo")
            #expect(try client.get("/echo").status == 200)
            #expect(try client.get("/api").status == 404)
        }
    }

    @Test
    func `an address in use is told with its remedy`() async throws {
        try await serving(Self.routes) { fixture in
            let error = #expect(throws: ListenError.self) {
                try ServerFixture([], configuration: HTTPServerConfiguration(port: fixture.port))
            }
            #expect(error?.message.contains("in use") == true)
            #expect(throws: ListenError.self) {
                try ServerFixture([], configuration: HTTPServerConfiguration(host: "no.such.host.invalid"))
            }
        }
    }

    @Test
    func `more connections than the limit wait for their turn`() async throws {
        let configuration = HTTPServerConfiguration(threads: 1, connections: 2)
        try await serving(Self.routes, configuration: configuration) { fixture in
            var clients = try (0..<2).map { _ in try fixture.connect() }
            for client in clients { #expect(try client.get("/now").status == 200) }
            let third = try fixture.connect()
            try third.send("GET /now HTTP/1.1\r\nHost: t\r\n\r\n")
            clients.removeFirst()
            #expect(try third.read().status == 200)
        }
    }

    /// Two thousand browsers that keep their connections kept everybody else out until the idle time was over.
    @Test
    func `the connection that rests longest gives way when another waits`() async throws {
        let configuration = HTTPServerConfiguration(threads: 1, connections: 2)
        try await serving(Self.routes, configuration: configuration) { fixture in
            let clients = try (0..<2).map { _ in try fixture.connect() }
            for client in clients { #expect(try client.get("/now").status == 200) }
            #expect(try fixture.connect().get("/now").status == 200)
            #expect(try clients[0].isClosed())
            #expect(try clients[1].get("/now").status == 200)
        }
    }
}
