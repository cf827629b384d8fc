import Compression
import Core
import Glibc
import TestSupport
import Testing

@testable import HTTP

/// The memory of bodies that are held whole.
@Suite struct BodyBudgetTests {
    static let length = Route(
        .post, "/length",
        .collected(upTo: 1_000_000) { _, bytes in .bytes(Array("\(bytes.count)".utf8), type: "text/plain") })

    @Test(arguments: ["collected", "streamed"])
    func `large bodies beyond the budget are answered 503 while small ones pass`(kind: String) async throws {
        let (entered, door) = (Door(), Door())
        let hold: Route =
            switch kind {
            case "collected":
                Route(
                    .post, "/hold",
                    .collected(upTo: 1_000_000) { _, _ in
                        entered.open()
                        await door.pass()
                        return HTTPResponse(status: 204)
                    })
            default:
                Route(
                    .post, "/hold",
                    .streamed(upTo: 1_000_000) { _, body in
                        let bytes = try await body.collect(upTo: 1_000_000)
                        entered.open()
                        await door.pass()
                        return .bytes(bytes, type: "text/plain")
                    })
            }
        let budget = HTTPServerConfiguration(wholeBodyBytes: 100_000)
        try await serving([Self.length, hold], configuration: budget) { fixture in
            let large = [UInt8](repeating: 1, count: 150_000)
            let holder = try fixture.connect()
            try holder.send("POST /hold HTTP/1.1\r\nHost: t\r\nContent-Length: \(large.count)\r\n\r\n")
            try holder.send(large)
            try entered.waitUntilOpen()
            let other = try fixture.connect()
            let answer = try other.post("/length", large)
            #expect(answer.status == 503)
            #expect(answer.text.contains("queue_full"))
            #expect(try other.post("/length", Array(large.prefix(60_000))).text == "60000")
            let packed = Deflate.gzip([UInt8](repeating: 65, count: 300_000))
            #expect(try other.post("/length", packed, headers: "Content-Encoding: gzip\r\n").status == 503)
            door.open()
            #expect(try holder.read().status < 300)
            // The request lets go of its share some time after its answer.
            var last = try other.post("/length", large)
            for _ in 0..<10_000 where last.status != 200 { last = try other.post("/length", large) }
            #expect(last.text == "150000", "what was held is free again")
        }
    }

    /// Each held all that it may, without an end: a ninth caller was refused for as long as they liked.
    @Test func `nine bodies of 8 MB, of which eight trickle: the ninth is read, and the slowest gives way`()
        async throws
    {
        let length = 8 << 20
        let route = Route(
            .post, "/length",
            .collected(upTo: length) { _, bytes in .bytes(Array("\(bytes.count)".utf8), type: "text/plain") })
        let clock = ManualClock()
        try await serving([route], clock: clock.steady) { fixture in
            let body = [UInt8](repeating: 65, count: length)
            let holders = try (0..<8).map { _ in
                let holder = try fixture.connect()
                try holder.send("POST /length HTTP/1.1\r\nHost: t\r\nContent-Length: \(length)\r\n\r\n")
                try holder.send(Array(body.dropLast(1)))
                return holder
            }
            try fixture.waitUntilHeld(8 * (length - 1 - Limits.smallBodyBytes))
            let other = try fixture.connect()
            // Nobody is slow yet.
            let first = try other.post("/length", body)
            #expect(first.status == 503)
            #expect(first.text.contains("queue_full"))
            clock.advance(by: .seconds(3))
            #expect(try other.post("/length", body).text == "\(length)")
            let ended = try holders.filter { !$0.isQuiet }.map { try $0.read().status }
            #expect(ended == [503])
            // Whoever was not in the way goes on.
            let others = holders.filter(\.isQuiet)
            #expect(others.count == 7)
            try others[0].send("A")
            #expect(try others[0].read().text == "\(length)")
        }
    }

    /// Only its next byte would have said that the next step is its own again.
    @Test(arguments: [false, true])
    func `a sender that falls silent after a pause of ours gives way, with a word of it`(isChunked: Bool) async throws {
        let (door, drained) = (Door(), Door())
        let holder = Monitor<(any ShareHolder)?>(nil)
        let clock = ManualClock()
        let places = Ration(of: 1, clock: clock.steady)
        let total = Limits.bodyBufferBytes + 1
        let route = Route(
            .post, "/slow",
            .streamed(upTo: 1_000_000) { request, body in
                let place = Share(of: places, holder: request.holder)
                guard place.hold(1) else { return HTTPResponse(status: 204) }
                holder.change { $0 = request.holder }
                await door.pass()
                var count = 0
                for try await piece in body {
                    count += piece.count
                    if count == total { drained.open() }
                }
                return withExtendedLifetime(place) { HTTPResponse(status: 200) }
            })
        try await serving([route], clock: clock.steady) { fixture in
            let sender = try fixture.connect()
            try sender.send("POST /slow HTTP/1.1\r\nHost: t\r\nX-Request-ID: mine\r\n")
            let most = [UInt8](repeating: 65, count: total - 1)
            if isChunked {
                let size = String(most.count, radix: 16)
                try sender.send(
                    Array("Transfer-Encoding: chunked\r\n\r\n\(size)\r\n".utf8) + most + Array("\r\n1\r\nA\r\n".utf8))
            } else {
                try sender.send(Array("Content-Length: 1000000\r\n\r\n".utf8) + most + [65])
            }
            let other = Share(of: places, holder: nil)
            let client = try #require(holder.wait(upTo: .seconds(5)) { $0 })
            for _ in 0..<5_000 where client.pace(at: clock.steady.now) != nil { poll(nil, 0, 1) }
            clock.advance(by: .seconds(10))
            #expect(!other.hold(1), "time in which we take nothing is not the sender's")
            door.open()
            try drained.waitUntilOpen()
            #expect(!other.hold(1), "the sender has only just been asked for more")
            clock.advance(by: .seconds(3))
            #expect(other.hold(1))
            let farewell = try sender.read()
            #expect(farewell.status == 503)
            #expect(farewell.text.contains("less than 16 KiB/s"), "\(farewell.text)")
            #expect(farewell.header("X-Request-ID") == "mine")
            #expect(farewell.header("X-Process-Time").flatMap { Double($0) } ?? 0 > 12.9)
        }
    }

    /// It kept its share until the caller had sent all the rest, which nobody reads.
    @Test func `a refused body gives its share back while the rest of it is thrown away`() async throws {
        let route = Route(
            .post, "/length",
            .collected(upTo: 120_000) { _, bytes in .bytes(Array("\(bytes.count)".utf8), type: "text/plain") })
        let budget = HTTPServerConfiguration(wholeBodyBytes: 60_000)
        try await serving([route], configuration: budget) { fixture in
            let large = [UInt8](repeating: 65, count: 115_000)
            let refused = try fixture.connect()
            try refused.send("POST /length HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n")
            let chunk = Array((String(large.count, radix: 16) + "\r\n").utf8) + large + [13, 10]
            try refused.send(chunk)
            try fixture.waitUntilHeld(large.count - Limits.smallBodyBytes)
            let other = try fixture.connect()
            #expect(try other.post("/length", large).status == 503)
            try refused.send(chunk)
            try fixture.waitUntilHeld(0)
            #expect(try other.post("/length", large).text == "115000")
            try refused.send("0\r\n\r\n")
            #expect(try refused.read().status == 413)
        }
    }
}

extension ServerFixture {
    /// Waits until the bodies that are read hold so much of the budget: a bounded time, at whose end the test fails.
    fileprivate func waitUntilHeld(_ bytes: Int) throws {
        for _ in 0..<5_000 {
            if server.context.bodies.taken == bytes { return }
            poll(nil, 0, 1)
        }
        throw RawClient.Failure(reason: "\(server.context.bodies.taken) bytes are held")
    }
}
