import Core
import HTTP
import TestSupport
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

    // MARK: Least rates

    /// One byte every few seconds was progress enough, as long as a kilobyte came in the idle time.
    @Test func `a sender below the least rate is cut off, and one above it is not`() async throws {
        let clock = ManualClock()
        try await serving(Self.routes, clock: clock.steady) { fixture in
            let (slow, quick) = (try fixture.connect(), try fixture.connect())
            for client in [slow, quick] {
                try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n")
            }
            // The first of these moments may be over before the server sees the request.
            for _ in 0..<5 {
                clock.advance(by: .seconds(8))
                try slow.send([UInt8](repeating: 65, count: 1_024))
                try quick.send([UInt8](repeating: 65, count: 16_384))
                // The server's sweep looks by its own time.
                slow.pause(milliseconds: 700)
            }
            #expect(try slow.isClosed())
            #expect(quick.isQuiet)
        }
    }

    private static let endless = Route(
        .get, "/endless",
        .immediate { _ in
            .stream(type: "text/plain") { writer in
                while true { try await writer.write([UInt8](repeating: 65, count: 100_000)) }
            }
        })

    private func reader(_ fixture: ServerFixture) throws -> RawClient {
        let client = try RawClient(port: fixture.port, receiveBuffer: 16 << 10)
        try client.send("GET /endless HTTP/1.1\r\nHost: t\r\n\r\n")
        _ = try client.readHead()
        return client
    }

    /// The library counts idle time only: a reader of a few bytes a second kept megabytes for ever.
    @Test func `a reader below the least rate is cut off, and one above it is not`() async throws {
        let clock = ManualClock()
        try await serving([Self.endless], clock: clock.steady) { fixture in
            let (slow, quick) = (try self.reader(fixture), try self.reader(fixture))
            // What its kernel takes at first is progress.
            for _ in 0..<5 {
                slow.pause(milliseconds: 700)
                clock.advance(by: .seconds(9))
                // Chunks have 32 KiB, more or less.
                for _ in 0..<8 { #expect(try !quick.readChunk().isEmpty) }
            }
            #expect(try fixture.summaries(1).map(\.isComplete) == [false])
            #expect(try slow.readToEnd(upTo: 8_000_000).count < 8_000_000, "the connection ends")
            #expect(try !quick.readChunk().isEmpty)
        }
    }

    @Test func `who waits for what is not there yet is not late`() async throws {
        let door = Door()
        let route = Route(
            .get, "/later",
            .immediate { _ in
                .stream(type: "text/plain") { writer in
                    try await writer.write(Array("first".utf8))
                    await door.pass()
                    try await writer.write(Array("last".utf8))
                }
            })
        let clock = ManualClock()
        try await serving([route], clock: clock.steady) { fixture in
            let client = try fixture.connect()
            try client.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try client.readHead()
            #expect(try client.readChunk() == Array("first".utf8))
            for _ in 0..<3 {
                client.pause(milliseconds: 700)
                clock.advance(by: .seconds(100))
            }
            client.pause(milliseconds: 700)
            door.open()
            #expect(try client.readChunk() == Array("last".utf8))
            #expect(try client.readChunk().isEmpty)
        }
    }
}
