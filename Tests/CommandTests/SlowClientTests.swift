import Core
import Foundation
import Glibc
import HTTP
import Operations
import Synchronization
import Testing

/// Clients that take their time, or everybody else's place.
@Suite(.serialized) struct SlowClientTests {
    /// How long after its bound a connection may still be open: the sweep looks twice a second, and the machine is shared.
    private static let slack = 2.0

    @Test func `clients that are too slow are cut off in time, and others are served meanwhile`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--header-seconds", "1", "--idle-seconds", "2", "--log-level", "debug"])
        try service.startWorker()
        let flowers = "sepal_length,sepal_width,petal_length,petal_width\n"
        let many = flowers + String(repeating: "5.1,3.5,1.4,0.2\n", count: 40_000)
        let id = try service.submit(table: many, "model=iris")
        _ = try service.ended(id)
        let caller = SteadyCaller(url: service.url)

        let heads = try (0..<20).map { _ in try RawUpload(url: service.url) }
        for head in heads { try head.write("GET /live HTTP/1.1\r\nHost: localhost\r\nX-Slow: ") }
        let headSeconds = try service.seconds(until: "heads to be cut off") {
            for head in heads { try? head.write("a") }  // try? because that is how a cut shows
            poll(nil, 0, 100)
            return heads.allSatisfy(\.hasEnded)
        }
        #expect((0.5...1 + Self.slack).contains(headSeconds))

        let bodies = try (0..<20).map { _ in try RawUpload(url: service.url) }
        for body in bodies {
            try body.write("POST /predict/async?model=iris HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/csv\r\n")
            try body.write("Content-Length: 100000\r\n\r\n" + flowers + "5.1,3.5")
        }
        let bodySeconds = try service.seconds(until: "bodies to be cut off") { bodies.allSatisfy(\.hasEnded) }
        #expect((1.5...2 + Self.slack).contains(bodySeconds))

        let readers = try (0..<5).map { _ in try RawUpload(url: service.url) }
        for reader in readers {
            reader.receiveLittle()
            try reader.write(
                "GET /predict/async/\(id)/results?format=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n")
        }
        let readerSeconds = try service.seconds(until: "readers to be cut off") {
            service.logText("api").split(separator: "\n").count {
                $0.contains("complete=false") && $0.contains("/results")
            } == readers.count
        }
        #expect((1.5...2 + Self.slack).contains(readerSeconds))
        for client in heads + bodies + readers { client.close() }

        let (answers, longest) = caller.stop()
        #expect(Set(answers.keys) == [200])
        #expect(longest < 2)
        print(
            "slow: heads \(headSeconds) s, bodies \(bodySeconds) s, readers \(readerSeconds) s;",
            "\(answers[200, default: 0]) predictions meanwhile, longest \(longest) s,",
            "API \(try service.mostMegabytes("api")) MB")
    }

    @Test func `two thousand idle connections and a thousand polls keep nobody out`() throws {
        #expect(OpenFiles.allow(8_000) >= 4_000)
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        try service.waitUntilServed("sentiment")
        #expect(try service.command(["pause", "iris"]).code == 0)
        let waiting = try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#)
        let id = try #require(waiting.json["id"] as? String)
        let caller = SteadyCaller(url: service.url)

        let resting = try (0..<2_000).map { _ in
            let client = try RawUpload(url: service.url)
            try client.write("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(client.readSome() != nil)
            return client
        }
        let polls = try (0..<1_000).map { _ in
            let client = try RawUpload(url: service.url)
            try client.write("GET /predict/async/\(id)?wait=60 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client
        }
        // Those beyond half of the connections are answered at once, as if nothing had changed.
        try service.wait("polls to be answered") { polls.count { $0.hasAnswer } >= 1_000 - 512 }
        #expect(try service.post("/predict", #"{"model":"sentiment","text":"still served"}"#).status == 200)
        #expect(polls.count { !$0.hasAnswer } >= 400)
        #expect(try service.command(["resume", "iris"]).code == 0)
        try service.wait("all polls to be answered") { polls.allSatisfy(\.hasAnswer) }
        let ended = polls.compactMap { $0.readSome().map { String(decoding: $0, as: UTF8.self) } }
        #expect(ended.count == 1_000)
        #expect(ended.allSatisfy { $0.hasPrefix("HTTP/1.1 200") })
        #expect(ended.count { $0.contains(#""status":"completed""#) } >= 400)
        let open = resting.count { !$0.hasEnded }
        for client in resting + polls { client.close() }

        let (answers, longest) = caller.stop()
        #expect(Set(answers.keys) == [200])
        #expect(longest < 3)
        let megabytes = try service.mostMegabytes("api")
        #expect(megabytes < 200)
        print(
            "crowd: \(open) of 2,000 still rest, \(answers[200, default: 0]) predictions, longest \(longest) s,",
            "API \(megabytes) MB")
    }
}

/// Asks for a prediction again and again, over a new connection each time.
private final class SteadyCaller: Sendable {
    private let statuses = Mutex<[Int: Int]>([:])
    private let longest = Mutex(0.0)
    private let over = StopSignal()
    private let ended = StopSignal()

    init(url: String) {
        _ = ServiceThread(name: "caller") { [self] _ in
            while !over.wait(for: .milliseconds(5)) { call(url) }
            ended.raise()
        }
    }

    /// - Returns: how often each status came, 0 for none, and the longest time that an answer took, in seconds.
    func stop() -> (answers: [Int: Int], longest: Double) {
        over.raise()
        _ = ended.wait(for: .seconds(60))
        return (statuses.withLock { $0 }, longest.withLock { $0 })
    }

    private func call(_ url: String) {
        let start = Date()
        let answer = try? HTTPClient().send(
            .post, url + "/predict", headers: ["Content-Type": "application/json"],
            body: .bytes(Array(#"{"model":"sentiment","text":"in time"}"#.utf8)), deadline: .seconds(20))
        let seconds = Date().timeIntervalSince(start)
        statuses.withLock { $0[answer?.status ?? 0, default: 0] += 1 }
        longest.withLock { $0 = max($0, seconds) }
    }
}

extension ServiceUnderTest {
    /// How long something takes that is waited for, in seconds.
    fileprivate func seconds(until what: String, isThere: () throws -> Bool) throws -> Double {
        let start = Date()
        try wait(what, until: isThere)
        return Date().timeIntervalSince(start)
    }
}

extension RawUpload {
    /// Whether the other side has ended the connection.
    fileprivate var hasEnded: Bool {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT))
        return count == 0 || count < 0 && errno != EAGAIN
    }

    /// Whether bytes have come that were not read.
    fileprivate var hasAnswer: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Lets the kernel keep few bytes for us, so that the other side notices that nobody reads.
    fileprivate func receiveLittle() {
        var bytes: Int32 = 4_096
        setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, socklen_t(MemoryLayout<Int32>.size))
    }
}
