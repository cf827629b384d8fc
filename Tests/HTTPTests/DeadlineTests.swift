import HTTP
import Testing

/// libmicrohttpd's timeout counts idle time only; these connections are never idle for long.
@Suite struct DeadlineTests {
    static let routes: [Route] = [
        Route(.get, "/now", .immediate { _ in .json([]) }),
        Route(
            .post, "/in",
            .streamed(upTo: 1_000_000) { _, body in
                do { for try await _ in body {} } catch { broken.open() }
                return HTTPResponse(status: 200)
            }),
        Route(
            .get, "/wait",
            .asynchronous { _ in
                await door.pass()
                return .json([])
            }),
    ]
    static let broken = Door()
    static let door = Door()

    static let configuration = HTTPServerConfiguration(idle: .milliseconds(600), headerDeadline: .milliseconds(300))

    @Test
    func `a head that trickles in is cut off`() async throws {
        try await serving(Self.routes, configuration: Self.configuration) { fixture in
            for beginning in ["", "GET /now HTTP/1.1\r\nHost: t\r\nX-A: "] {
                let client = try fixture.connect()
                try client.send(beginning)
                #expect(client.sendSlowly(until: .seconds(3)))
            }
        }
    }

    @Test
    func `a body that trickles in is cut off`() async throws {
        try await serving(Self.routes, configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
            #expect(client.sendSlowly(until: .seconds(3)))
            try Self.broken.waitUntilOpen()
        }
    }

    @Test
    func `a kept connection may rest, and is closed after a while`() async throws {
        try await serving(Self.routes, configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            #expect(try client.get("/now").status == 200)
            client.pause(milliseconds: 400)
            #expect(try client.get("/now").status == 200)
            #expect(try client.isClosed())
        }
    }

    @Test
    func `a handler may take longer than any of these`() async throws {
        try await serving(Self.routes, configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
            client.pause(milliseconds: 900)
            Self.door.open()
            #expect(try client.read().status == 200)
        }
    }
}
