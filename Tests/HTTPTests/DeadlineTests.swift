import Core
import TestSupport
import Testing

@testable import HTTP

/// libmicrohttpd's timeout counts idle time only; these connections are never idle for long.
@Suite struct DeadlineTests {
    /// - Parameters:
    ///   - broken: opened when a body breaks.
    ///   - door: what one of the handlers waits at.
    private static func routes(broken: Door = Door(), door: Door = Door()) -> [Route] {
        [
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
    }

    static let configuration = HTTPServerConfiguration(idle: .milliseconds(600), headerDeadline: .milliseconds(300))

    @Test
    func `a head that trickles in is cut off`() async throws {
        try await serving(Self.routes(), configuration: Self.configuration) { fixture in
            for beginning in ["", "GET /now HTTP/1.1\r\nHost: t\r\nX-A: "] {
                let client = try fixture.connect()
                try client.send(beginning)
                #expect(client.sendSlowly(until: .seconds(3)))
            }
        }
    }

    @Test
    func `a body that trickles in is cut off`() async throws {
        let broken = Door()
        try await serving(Self.routes(broken: broken), configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n")
            #expect(client.sendSlowly(until: .seconds(3)))
            try broken.waitUntilOpen()
        }
    }

    @Test
    func `a kept connection may rest, and is closed after a while`() async throws {
        try await serving(Self.routes(), configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            #expect(try client.get("/now").status == 200)
            client.pause(milliseconds: 400)
            #expect(try client.get("/now").status == 200)
            #expect(try client.isClosed())
        }
    }

    @Test
    func `a handler may take longer than any of these`() async throws {
        let door = Door()
        try await serving(Self.routes(door: door), configuration: Self.configuration) { fixture in
            let client = try fixture.connect()
            try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
            client.pause(milliseconds: 900)
            door.open()
            #expect(try client.read().status == 200)
        }
    }

    // MARK: Least rates

    /// One byte every few seconds was progress enough, as long as a kilobyte came in the idle time.
    @Test func `a sender below the least rate is cut off, and one above it is not`() async throws {
        let clock = ManualClock()
        let received = Monitor(0)
        let count = Route(
            .post, "/in",
            .streamed(upTo: 1_000_000) { _, body in
                for try await piece in body { received.change { $0 += piece.count } }
                return HTTPResponse(status: 200)
            })
        try await serving([count], clock: clock.steady) { fixture in
            let (slow, quick) = (try fixture.connect(), try fixture.connect())
            for client in [slow, quick] {
                try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\nA")
            }
            func waitForBytes(_ total: Int) throws {
                let isThere = received.wait(upTo: .seconds(5)) { $0 >= total ? true : nil }
                try #require(isThere == true, "\(total) bytes")
            }
            try waitForBytes(2)
            for step in 1...3 {
                clock.advance(by: .seconds(8))
                try slow.send([UInt8](repeating: 65, count: 1_024))
                try quick.send([UInt8](repeating: 65, count: 16_384))
                try waitForBytes(2 + step * (1_024 + 16_384))
                fixture.server.context.closeLateConnections()
                #expect(slow.isQuiet)
            }
            // The server's own timer may be the first to see that the idle time is over.
            clock.advance(by: .seconds(8))
            fixture.server.context.closeLateConnections()
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
            for _ in 0..<10 {
                fixture.server.context.closeLateConnections()
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
        let other = Monitor<(any ShareHolder)?>(nil)
        let route = Route(
            .get, "/later",
            .immediate { request in
                other.change { $0 = request.holder }
                return .stream(type: "text/plain") { writer in
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
            // Until the other end's kernel has said that it has the bytes, they are owed.
            let holder = try #require(other.withLock { $0 })
            fixture.server.context.closeLateConnections()
            for _ in 0..<5_000 {
                fixture.server.context.closeLateConnections()
                if holder.pace(at: clock.steady.now) == nil { break }
                client.pause(milliseconds: 1)
            }
            for _ in 0..<3 {
                clock.advance(by: .seconds(100))
                fixture.server.context.closeLateConnections()
            }
            door.open()
            #expect(try client.readChunk() == Array("last".utf8))
            #expect(try client.readChunk().isEmpty)
        }
    }
}
