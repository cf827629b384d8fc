import Compression
import Core
import HTTP
import Testing

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
}
