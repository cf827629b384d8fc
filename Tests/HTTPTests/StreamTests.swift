import Compression
import HTTP
import Synchronization
import Testing

@Suite struct StreamTests {
    static func stream(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void) -> [Route] {
        [
            Route(.get, "/stream", .immediate { _ in .stream(type: "application/x-ndjson", produce) }),
            Route(.get, "/later", .asynchronous { _ in .stream(type: "application/x-ndjson", produce) }),
        ]
    }

    struct Broken: Error {}

    @Test(arguments: ["/stream", "/later"])
    func `what is written is sent in chunks to the end`(path: String) async throws {
        let routes = Self.stream { writer in
            for line in 0..<1_000 {
                if line.isMultiple(of: 100) { await Task.yield() }
                try await writer.write(Array("\(line)\n".utf8))
            }
        }
        try await serving(routes) { fixture in
            let client = try fixture.connect()
            for _ in 0..<3 {
                let answer = try client.get(path)
                #expect(answer.header("Transfer-Encoding") == "chunked")
                #expect(answer.text == (0..<1_000).map { "\($0)\n" }.joined())
            }
            let summary = try fixture.summaries(3)[2]
            #expect(summary.sentBytes == 3_890)
            #expect(summary.isComplete)
        }
    }

    @Test
    func `a reader gets what is there while the writer waits`() async throws {
        let door = Door()
        let routes = Self.stream { writer in
            try await writer.write(Array("first\n".utf8))
            await door.pass()
            try await writer.write(Array("second\n".utf8))
        }
        try await serving(routes) { fixture in
            let client = try fixture.connect()
            try client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try client.readHead()
            #expect(try client.readChunk() == Array("first\n".utf8))
            door.open()
            #expect(try client.readChunk() == Array("second\n".utf8))
            #expect(try client.readChunk().isEmpty)
        }
    }

    @Test
    func `a stream that breaks is cut without its last chunk`() async throws {
        let routes = Self.stream { writer in
            try await writer.write(Array("whole\n".utf8))
            throw Broken()
        }
        try await serving(routes) { fixture in
            let client = try fixture.connect()
            try client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
            #expect(try client.readHead().status == 200)
            let rest = String(decoding: try client.readToEnd(), as: UTF8.self)
            #expect(!rest.contains("0\r\n\r\n"))
            #expect(try fixture.summaries(1)[0].isComplete == false)
        }
    }

    @Test
    func `a slow reader holds the writer back`() async throws {
        let written = Mutex(0)
        let total = 40_000_000
        try await withWriter(of: total, noting: { count in written.withLock { $0 += count } }) { fixture in
            let client = try RawClient(port: fixture.port, receiveBuffer: 64 << 10)
            try client.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try client.readHead()
            var before = -1
            // The writer stands still when two looks, a while apart, see the same count.
            while case let now = written.withLock({ $0 }), now != before {
                before = now
                client.pause(milliseconds: 100)
            }
            #expect(before < 15_000_000)
            var received = 0
            while case let chunk = try client.readChunk(), !chunk.isEmpty { received += chunk.count }
            #expect(received == total)
        }
    }

    private func withWriter(
        of total: Int, noting note: @escaping @Sendable (Int) -> Void,
        _ work: @escaping @Sendable (ServerFixture) throws -> Void
    ) async throws {
        let routes = Self.stream { writer in
            let piece = [UInt8](repeating: 65, count: 100_000)
            for _ in 0..<total / piece.count {
                try await writer.write(piece)
                note(piece.count)
            }
        }
        try await serving(routes, work)
    }

    @Test
    func `a writer whose reader has gone is told`() async throws {
        let told = Door()
        let routes = Self.stream { writer in
            do {
                while true { try await writer.write([UInt8](repeating: 65, count: 100_000)) }
            } catch {
                told.open()
                throw error
            }
        }
        try await serving(routes) { fixture in
            var client: RawClient? = try fixture.connect()
            try client?.send("GET /stream HTTP/1.1\r\nHost: t\r\n\r\n")
            _ = try client?.readHead()
            client = nil
            try told.waitUntilOpen()
        }
    }

    @Test
    func `a stream is compressed for who takes it, readable as it goes`() async throws {
        let door = Door()
        let routes = Self.stream { writer in
            try await writer.write(Array("first\n".utf8))
            await door.pass()
            try await writer.write(Array("second\n".utf8))
        }
        try await serving(routes) { fixture in
            let client = try fixture.connect()
            try client.send("GET /stream HTTP/1.1\r\nHost: t\r\nAccept-Encoding: gzip\r\n\r\n")
            let head = try client.readHead()
            #expect(head.header("Content-Encoding") == "gzip")
            #expect(head.header("Vary") == "Accept-Encoding")
            let decoder = GzipDecoder()
            decoder.feed(try client.readChunk())
            #expect(try decoder.read(upTo: 100) == Array("first\n".utf8))
            door.open()
            while case let chunk = try client.readChunk(), !chunk.isEmpty { decoder.feed(chunk) }
            #expect(try decoder.read(upTo: 100) == Array("second\n".utf8))
            #expect(try decoder.read(upTo: 100).isEmpty)
            try decoder.finish()
        }
    }

    @Test
    func `HEAD does not start the writer, and HTTP 1.0 gets the stream without chunks`() async throws {
        let starts = Mutex(0)
        try await countStarts(noting: { starts.withLock { $0 += 1 } }) { fixture in
            let asking = try fixture.connect()
            #expect(try asking.get("/stream", method: "HEAD").status == 200)
            #expect(try asking.isClosed())
            let client = try fixture.connect()
            #expect(starts.withLock { $0 } == 0)
            try client.send("GET /stream HTTP/1.0\r\n\r\n")
            #expect(try client.read().text == "line\n")
            #expect(starts.withLock { $0 } == 1)
        }
    }

    private func countStarts(
        noting note: @escaping @Sendable () -> Void, _ work: @escaping @Sendable (ServerFixture) throws -> Void
    ) async throws {
        let routes = Self.stream { writer in
            note()
            try await writer.write(Array("line\n".utf8))
        }
        try await serving(routes, work)
    }
}
