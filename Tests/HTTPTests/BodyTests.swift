import Compression
import Core
import HTTP
import Testing

@Suite struct BodyTests {
    /// Answers with the number of bytes that it read.
    static let counting = Route(
        .post, "/count",
        .streamed(upTo: 50_000_000) { _, body in
            var count = 0
            for try await piece in body { count += piece.count }
            return .bytes(Array("\(count)".utf8), type: "text/plain")
        })

    static let echoing = Route(
        .post, "/echo", .collected(upTo: 1_000) { _, bytes in .bytes(bytes, type: "text/plain") })

    struct Forbidden: CodedError {
        let code = ErrorCode.forbidden
        let message = "You may not."
    }

    @Test(arguments: [0, 1, 60_000, 5_000_000])
    func `a streamed body arrives whole, by length and in chunks`(count: Int) async throws {
        try await serving([Self.counting]) { fixture in
            let client = try fixture.connect()
            let bytes = [UInt8](repeating: 7, count: count)
            #expect(try client.post("/count", bytes).text == "\(count)")
            try client.send("POST /count HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            for start in stride(from: 0, to: count, by: 70_000) {
                let piece = bytes[start..<min(start + 70_000, count)]
                try client.send("\(String(piece.count, radix: 16))\r\n")
                try client.send(piece + Array("\r\n".utf8))
            }
            try client.send("0\r\n\r\n")
            #expect(try client.read().text == "\(count)")
        }
    }

    @Test
    func `many small chunks that come at once arrive whole`() async throws {
        // The library offers the next chunk although the connection was suspended at the one before.
        try await serving([Self.counting]) { fixture in
            let client = try fixture.connect()
            try client.send("POST /count HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = "10\r\n0123456789abcdef\r\n"
            for _ in 0..<20 { try client.send(String(repeating: chunk, count: 2_000)) }
            try client.send("0\r\n\r\n")
            #expect(try client.read().text == "640000")
        }
    }

    @Test
    func `a slow reader holds the sender back and loses nothing`() async throws {
        let door = Door()
        let slow = Route(
            .post, "/slow",
            .streamed(upTo: 50_000_000) { _, body in
                await door.pass()
                return .bytes(Array("\(try await body.collect(upTo: 50_000_000).count)".utf8), type: "text/plain")
            })
        try await serving([slow]) { fixture in
            let client = try fixture.connect()
            let total = 20_000_000
            try client.send("POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: \(total)\r\n\r\n")
            let accepted = client.sendWhileTaken(total)
            // The kernel's buffers take some megabytes, ours a quarter of one: the rest stays with the sender.
            #expect(accepted < 15_000_000)
            door.open()
            try client.send([UInt8](repeating: 1, count: total - accepted))
            #expect(try client.read().text == "\(total)")
        }
    }

    @Test
    func `a compressed body is decompressed`() async throws {
        try await serving([Self.counting, Self.echoing]) { fixture in
            let client = try fixture.connect()
            let packed = Deflate.gzip([UInt8](repeating: 65, count: 3_000_000))
            #expect(try client.post("/count", packed, headers: "Content-Encoding: gzip\r\n").text == "3000000")
            let small = Deflate.gzip(Array("words".utf8))
            #expect(try client.post("/echo", small, headers: "Content-Encoding: x-gzip\r\n").text == "words")
            for path in ["/count", "/echo"] {
                let cut = try client.post(path, Array(small.dropLast(3)), headers: "Content-Encoding: gzip\r\n")
                #expect(cut.status == 400)
                #expect(cut.text.contains("body_incomplete"))
                let plain = try client.post(path, Array("words".utf8), headers: "Content-Encoding: gzip\r\n")
                #expect(plain.status == 400)
                let other = try client.post(path, small, headers: "Content-Encoding: br\r\n")
                #expect(other.status == 415)
                #expect(other.text.contains("unsupported_encoding"))
            }
        }
    }

    @Test
    func `a bomb is refused at the bound`() async throws {
        try await serving([Self.counting, Self.echoing]) { fixture in
            let client = try fixture.connect()
            let bomb = Deflate.gzip([UInt8](repeating: 0, count: 60_000_000))
            #expect(try client.post("/count", bomb, headers: "Content-Encoding: gzip\r\n").status == 413)
            let small = Deflate.gzip([UInt8](repeating: 0, count: 2_000))
            #expect(try client.post("/echo", small, headers: "Content-Encoding: gzip\r\n").status == 413)
        }
    }

    @Test
    func `a body beyond the bound is answered 413 and the connection lives on`() async throws {
        try await serving([Self.echoing]) { fixture in
            let client = try fixture.connect()
            let announced = try client.post("/echo", [UInt8](repeating: 65, count: 1_001))
            #expect(announced.status == 413)
            #expect(announced.text.contains("body_too_large"))
            try client.send("POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            try client.send("3e9\r\n\(String(repeating: "a", count: 1_001))\r\n0\r\n\r\n")
            #expect(try client.read().status == 413)
            #expect(try client.post("/echo", Array("fine".utf8)).text == "fine")
        }
    }

    @Test
    func `who waits for a word before the body gets one`() async throws {
        try await serving([Self.echoing]) { fixture in
            let client = try fixture.connect()
            let head = { (count: Int) in
                "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: \(count)\r\nExpect: 100-continue\r\n\r\n"
            }
            try client.send(head(5))
            #expect(try client.read().status == 100)
            try client.send("words")
            #expect(try client.read().text == "words")
            try client.send(head(5_000))
            #expect(try client.read().status == 413)
            #expect(try client.isClosed())
        }
    }

    @Test
    func `who is not admitted is told before the handler runs`() async throws {
        let hasRun = Door()
        let route = Route(
            .post, "/in",
            .streamed(upTo: 1_000) { _, _ in
                hasRun.open()
                return HTTPResponse(status: 200)
            })
        try await serving([route], admit: { _ in throw Forbidden() }) { fixture in
            let client = try fixture.connect()
            #expect(try client.post("/in", Array("words".utf8)).status == 403)
            #expect(try client.post("/in", Array("words".utf8)).status == 403)
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            #expect(try client.read().status == 403)
            #expect(try client.isClosed())
        }
        #expect(!hasRun.isOpen)
    }

    @Test
    func `a caller who goes away breaks the body`() async throws {
        let broken = Door()
        let route = Route(
            .post, "/in",
            .streamed(upTo: 1_000_000) { _, body in
                do { for try await _ in body {} } catch HTTPError.bodyIncomplete { broken.open() }
                return HTTPResponse(status: 200)
            })
        try await serving([route]) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 1000\r\n\r\nonly this")
            client.finishSending()
            try broken.waitUntilOpen()
            let summary = try fixture.summaries(1)[0]
            #expect(summary.status == nil)
            #expect(!summary.isComplete)
        }
    }

    @Test
    func `a handler that answers early is heard, and the rest thrown away`() async throws {
        let hasty = Route(.post, "/in", .streamed(upTo: 50_000_000) { _, _ in throw Forbidden() })
        try await serving([hasty]) { fixture in
            let client = try fixture.connect()
            #expect(try client.post("/in", [UInt8](repeating: 1, count: 3_000_000)).status == 403)
            #expect(try client.post("/in", [UInt8](repeating: 1, count: 10)).status == 403)
        }
    }

    @Test
    func `a refusal reaches a sender who has more than is thrown away`() async throws {
        let hasty = Route(.post, "/in", .streamed(upTo: 1 << 40) { _, _ in throw Forbidden() })
        try await serving([hasty]) { fixture in
            let client = try fixture.connect()
            try client.send("POST /in HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000000\r\n\r\n")
            try client.send([UInt8](repeating: 1, count: 1_000_000))
            let answer = try client.read()
            #expect(answer.status == 403)
            #expect(answer.header("X-Request-ID") != nil)
            #expect(answer.header("Connection") == "close")
            client.finishSending()
            #expect(try client.isClosed())
            #expect(try fixture.summaries(1)[0].status == 403)
        }
    }

    @Test
    func `an unwanted body is thrown away, and a huge one cuts the connection`() async throws {
        let route = Route(.get, "/now", .immediate { _ in .json(Array("{}".utf8)) })
        try await serving([route]) { fixture in
            let client = try fixture.connect()
            try client.send("GET /now HTTP/1.1\r\nHost: t\r\nContent-Length: 5\r\n\r\nwords")
            #expect(try client.read().text == "{}")
            #expect(try client.post("/missing", Array("words".utf8)).status == 404)
            try client.send("POST /missing HTTP/1.1\r\nHost: t\r\nContent-Length: 99000000\r\n\r\n")
            #expect(try client.read().status == 404)
            #expect(try client.isClosed())
        }
    }
}
