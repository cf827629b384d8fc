import Core
import Foundation
import HTTP
import Testing

@Suite struct ClientTests {
    static let routes: [Route] = [
        Route(.get, "/large", .immediate { _ in .json([UInt8](repeating: 32, count: 200_000)) }),
        Route(
            .get, "/wait",
            .asynchronous { _ in
                try await Task.sleep(for: .seconds(60))
                return .json([])
            }),
        Route(
            .get, "/lines",
            .immediate { _ in
                .stream(type: "application/x-ndjson") { writer in
                    for line in 0..<5_000 { try await writer.write(Array("\(line)\n".utf8)) }
                }
            }),
        Route(
            .get, "/cut",
            .immediate { _ in
                .stream(type: "application/x-ndjson") { writer in
                    try await writer.write(Array("1\n".utf8))
                    throw CancellationError()
                }
            }),
        Route(
            .post, "/echo",
            .collected(upTo: 100_000) { request, bytes in
                .bytes(bytes, type: "text/plain", headers: ["X-Got": request.headers.first("X-Sent") ?? "nothing"])
            }),
        Route(
            .put, "/count",
            .streamed(upTo: 1 << 30) { request, body in
                var count = 0
                for try await piece in body { count += piece.count }
                return .bytes(Array("\(count) \(body.announcedBytes ?? -1)".utf8), type: "text/plain")
            }),
        Route(.post, "/refuse", .streamed(upTo: 1 << 40) { _, _ in throw HTTPError.shuttingDown }),
    ]

    static func with(_ work: @escaping @Sendable (HTTPClient, String) throws -> Void) async throws {
        try await serving(routes) { fixture in try work(HTTPClient(), "http://127.0.0.1:\(fixture.port)") }
    }

    @Test
    func `sends bodies and headers and reads answers on one connection`() async throws {
        try await Self.with { client, url in
            for text in ["", "one", String(repeating: "long ", count: 10_000)] {
                let answer = try client.send(
                    .post, url + "/echo", headers: ["X-Sent": "it"], body: .bytes(Array(text.utf8)))
                #expect(answer.status == 200)
                #expect(answer.headers.first("x-got") == "it")
                #expect(answer.body == Array(text.utf8))
            }
            #expect(try client.send(.post, url + "/echo").status == 200)
            let large = try client.send(.get, url + "/large")
            #expect(large.headers.first("Content-Encoding") == "gzip")
            #expect(large.body.count == 200_000)
            #expect(try client.send(.head, url + "/large").body.isEmpty)
            let missing = try client.send(.delete, url + "/nothing")
            #expect(missing.status == 404)
            #expect(String(decoding: missing.body, as: UTF8.self).contains("route_not_found"))
        }
    }

    @Test(arguments: [nil, 3_000_000])
    func `sends a file by its length, or in chunks when that is not known`(length: Int?) async throws {
        try await Self.with { client, url in
            let file = FileManager.default.temporaryDirectory.appending(path: "sibyl-\(UUID())")
            try Data(repeating: 7, count: 3_000_000).write(to: file)
            defer { unlink(file.path) }
            let descriptor = open(file.path, O_RDONLY)
            defer { close(descriptor) }
            var most = 0
            let answer = try client.send(
                .put, url + "/count", body: .file(descriptor: descriptor, length: length), onProgress: { most = $0 })
            #expect(String(decoding: answer.body, as: UTF8.self) == "3000000 \(length ?? -1)")
            #expect(most == 3_000_000)
        }
    }

    @Test
    func `hands on a streamed answer piece by piece, and knows when it was cut`() async throws {
        try await Self.with { client, url in
            var bytes: [UInt8] = []
            let answer = try client.send(.get, url + "/lines", onBytes: { bytes += $0 })
            #expect(answer.body.isEmpty)
            #expect(bytes == Array((0..<5_000).map { "\($0)\n" }.joined().utf8))
            let error = #expect(throws: HTTPClientError.self) {
                try client.send(.get, url + "/cut", onBytes: { _ in })
            }
            #expect(error?.code == .unreachable)
            // A problem is not part of the stream.
            let missing = try client.send(
                .get, url + "/nothing", onBytes: { _ in Issue.record("a problem was streamed") })
            #expect(missing.status == 404 && !missing.body.isEmpty)
        }
    }

    struct Interrupted: Error {}

    @Test
    func `a closure that throws ends the request with its own error`() async throws {
        try await Self.with { client, url in
            #expect(throws: Interrupted.self) {
                try client.send(.get, url + "/lines", onBytes: { _ in throw Interrupted() })
            }
            #expect(throws: Interrupted.self) {
                try client.send(.get, url + "/wait", onProgress: { _ in throw Interrupted() })
            }
        }
    }

    @Test
    func `hears a refusal in the middle of a large upload`() async throws {
        try await Self.with { client, url in
            var ends: [Int32] = [0, 0]
            pipe(&ends)
            let (reader, writer) = (ends[0], ends[1])
            Thread.detachNewThread {
                signal(SIGPIPE, SIG_IGN)
                let piece = [UInt8](repeating: 65, count: 64 << 10)
                while write(writer, piece, piece.count) > 0 {}
                close(writer)
            }
            let answer = try client.send(.post, url + "/refuse", body: .file(descriptor: reader, length: 1 << 35))
            #expect(answer.status == 503)
            close(reader)
        }
    }

    @Test
    func `says what is wrong with an address, and how to mend it`() async throws {
        try await onThread {
            let port = try RawClient.unusedPort()
            let client = HTTPClient()
            let error = #expect(throws: HTTPClientError.self) {
                try client.send(.get, "http://127.0.0.1:\(port)/x?secret")
            }
            #expect(error?.code == .unreachable)
            #expect(error?.message.contains("sibyl up") == true)
            #expect(error?.message.contains("http://127.0.0.1:\(port) ") == true)
            #expect(error?.message.contains("secret") == false)
            for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1", "http://"] {
                #expect(throws: HTTPClientError.invalidURL) { try client.send(.get, url) }
            }
        }
    }

    @Test
    func `waits no longer than it was told, and takes no more than it was told`() async throws {
        try await Self.with { client, url in
            #expect(throws: HTTPClientError.timedOut) {
                try client.send(.get, url + "/wait", deadline: .milliseconds(50))
            }
            #expect(throws: HTTPClientError.answerTooLarge(limit: 1_000)) {
                try client.send(.get, url + "/large", upTo: 1_000)
            }
        }
    }
}
