import HTTP
import Testing

@Suite struct StopTests {
    @Test
    func `a request in flight is finished, and nobody is let in`() async throws {
        let (began, door) = (Door(), Door())
        let route = Route(
            .get, "/wait",
            .asynchronous { _ in
                began.open()
                await door.pass()
                return .json(Array("{}".utf8))
            })
        let fixture = try ServerFixture([route])
        let client = try fixture.connect()
        try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
        try await onThread { try began.waitUntilOpen() }
        async let stopped: Void = fixture.server.stop(within: .seconds(10))
        try await onThread {
            // The listener is closed before anything is waited for.
            while (try? fixture.connect()) != nil { client.pause(milliseconds: 2) }
            door.open()
            let answer = try client.read()
            #expect(answer.text == "{}")
            #expect(answer.header("Connection") == "close")
            #expect(try client.isClosed())
        }
        await stopped
    }

    @Test
    func `a request that takes too long is answered 503`() async throws {
        let (began, door) = (Door(), Door())
        let route = Route(
            .get, "/wait",
            .asynchronous { _ in
                began.open()
                await door.pass()
                return .json([])
            })
        let fixture = try ServerFixture([route])
        let client = try fixture.connect()
        try client.send("GET /wait HTTP/1.1\r\nHost: t\r\n\r\n")
        try await onThread { try began.waitUntilOpen() }
        await fixture.server.stop(within: .milliseconds(20))
        try await onThread {
            let answer = try client.read()
            #expect(answer.status == 503)
            #expect(answer.text.contains(#""code":"shutting_down""#))
        }
        // The handler ends after its server is gone, and harms nobody.
        door.open()
    }

    @Test
    func `a body that is paused, a stream and a kept connection do not hold up the end`() async throws {
        let door = Door()
        let (took, wrote) = (Door(), Door())
        let routes: [Route] = [
            Route(
                .post, "/in",
                .streamed(upTo: 50_000_000) { _, _ in
                    took.open()
                    await door.pass()
                    return HTTPResponse(status: 200)
                }),
            Route(
                .get, "/out",
                .immediate { _ in
                    .stream(type: "text/plain") { writer in
                        try await writer.write([65])
                        wrote.open()
                        await door.pass()
                    }
                }),
        ]
        let fixture = try ServerFixture(routes)
        let clients = try await onThread {
            let clients = [try fixture.connect(), try fixture.connect(), try fixture.connect()]
            try clients[0].send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 20000000\r\n\r\n")
            _ = clients[0].sendWhileTaken(20_000_000)
            try clients[1].send("GET /out HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try clients[2].get("/none").status == 404)
            try took.waitUntilOpen()
            try wrote.waitUntilOpen()
            return clients
        }
        await fixture.server.stop(within: .milliseconds(20))
        try await onThread {
            let cut = String(decoding: try clients[1].readToEnd(), as: UTF8.self)
            #expect(!cut.hasSuffix("0\r\n\r\n"))
            #expect(try clients[2].isClosed())
        }
        door.open()
    }
}
