import Core
import TestSupport
import Testing

@testable import HTTP

/// The memory of answers that are on their way to readers who take their time.
@Suite struct AnswerBudgetTests {
    static let routes = [
        Route(.get, "/big", .immediate { _ in .bytes([UInt8](repeating: 65, count: 900_000), type: "image/png") }),
        Route(.get, "/small", .immediate { _ in .bytes([UInt8](repeating: 65, count: 60_000), type: "image/png") }),
        Route(
            .get, "/stream",
            .immediate { _ in
                .stream(type: "image/png") { writer in
                    for _ in 0..<9 { try await writer.write([UInt8](repeating: 65, count: 100_000)) }
                }
            }),
    ]
    static let configuration = HTTPServerConfiguration(answerBytes: 1_000_000)

    /// A reader that takes nothing, with an answer on its way.
    private static func idler(_ fixture: ServerFixture, _ path: String) throws -> RawClient {
        let client = try RawClient(port: fixture.port, receiveBuffer: 16 << 10)
        try client.send("GET \(path) HTTP/1.1\r\nHost: t\r\n\r\n")
        return client
    }

    /// Every connection held its answer for as long as its reader liked, and twice.
    @Test func `a large answer beyond the budget is 503, small ones pass, and the slowest reader gives way`()
        async throws
    {
        let clock = ManualClock()
        try await serving(Self.routes, configuration: Self.configuration, clock: clock.steady) { fixture in
            let idler = try Self.idler(fixture, "/big")
            let other = try fixture.connect()
            #expect(try idler.readHead().status == 200)
            let refused = try other.get("/big")
            #expect(refused.status == 503)
            #expect(refused.text.contains("queue_full"))
            #expect(try other.get("/small").body.count == 60_000)
            #expect(try other.get("/stream").body.count == 900_000)
            // Its pace is known once the server has looked, some moments apart, at what the kernel holds for it.
            var answer = refused
            for _ in 0..<10 where answer.status == 503 {
                fixture.server.context.closeLateConnections()
                clock.advance(by: .seconds(1))
                answer = try other.get("/big")
            }
            #expect(answer.body.count == 900_000)
            #expect(try idler.readToEnd().count < 900_000, "it was cut off")
            #expect(try other.get("/big").body.count == 900_000, "what was read is given back")
        }
    }

    @Test func `a reader who keeps up is never cut off for the sake of another`() async throws {
        let clock = ManualClock()
        try await serving(Self.routes, configuration: Self.configuration, clock: clock.steady) { fixture in
            let reader = try Self.idler(fixture, "/big")
            #expect(try reader.readHead().status == 200)
            let other = try fixture.connect()
            let (steps, step) = (10, 48 << 10)
            for _ in 0..<steps {
                fixture.server.context.closeLateConnections()
                clock.advance(by: .seconds(1))
                #expect(try reader.take(step).count == step)
                fixture.server.context.closeLateConnections()
                #expect(try other.get("/big").status == 503)
            }
            #expect(try reader.take(900_000 - steps * step).count == 900_000 - steps * step)
        }
    }

    @Test func `a stream waits for room in place of taking more than there is`() async throws {
        let pieces = Route(
            .get, "/pieces",
            .immediate { _ in
                .stream(type: "image/png") { writer in
                    for _ in 0..<20 { try await writer.write([UInt8](repeating: 65, count: 100_000)) }
                }
            })
        // Each piece fits only when the one before is on its way.
        try await serving([pieces], configuration: HTTPServerConfiguration(answerBytes: 40_000)) { fixture in
            let answer = try fixture.connect().get("/pieces")
            #expect(answer.body.count == 2_000_000)
        }
    }
}
