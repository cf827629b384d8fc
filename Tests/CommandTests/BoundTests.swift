import Core
import Foundation
import HTTP
import TestSupport
import Testing

/// A bound that is reached is seen before anybody asks why he was refused.
@Suite(.serialized) struct BoundTests {
    private let service = ServiceUnderTest()

    private func gauges() throws -> Exposition {
        let answer = try HTTPClient().send(.get, service.url + "/metrics", deadline: .seconds(10))
        return try Exposition(String(decoding: answer.body, as: UTF8.self))
    }

    private func reasons() throws -> (status: Int, word: String?, reasons: [String]) {
        let health = try service.get("/health")
        return (
            health.status, health.json["status"] as? String,
            (health.json["reasons"] as? [String] ?? []).filter { !$0.contains("No worker runs") }
        )
    }

    @Test func `rows at their bound are told by health, a gauge and the log, and reading goes on`() throws {
        try service.startAPI(["--max-waiting-rows", "20"])
        let row = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
        for _ in 0..<18 { #expect(try service.post("/predict/async", row).status == 202) }
        #expect(try reasons().reasons == [])
        #expect(try service.post("/predict/async", row).status == 202)
        var seen = try reasons()
        #expect(seen.word == "degraded" && seen.reasons.count == 1, "\(seen)")
        #expect(seen.reasons.first?.contains("nearly full: 19 rows wait, and at most 20 may") == true, "\(seen)")
        #expect(try service.post("/predict/async", row).status == 202)
        let refused = try service.post("/predict/async", row)
        #expect(refused.status == 503 && refused.code == "queue_full")
        try service.wait("/ready to tell") { try service.get("/ready").status == 503 }
        seen = try reasons()
        // What was accepted goes on and can be read: that is no service that is down.
        #expect(seen.status == 200 && seen.word == "degraded" && seen.reasons.count == 1, "\(seen)")
        #expect(seen.reasons.first?.contains("queue is full") == true, "\(seen)")
        let gauges = try gauges()
        #expect(gauges["sibyl_queue_rows_max", [:]] == 20 && gauges.sum("sibyl_queue_rows") == 20)
        let lines = service.logText("api").split(separator: "\n").filter { $0.contains("status=503") }
        #expect(lines.count >= 2 && lines.allSatisfy { $0.contains(" code=queue_full ") }, "\(lines)")
    }

    /// A trial write of nothing fits where no submission does: health said that all was well.
    @Test func `stored bytes at their bound are told by health, a gauge and the log`() throws {
        try service.startAPI(["--max-stored-mb", "3"])
        #expect(try reasons().reasons == [])
        #expect(try gauges()["sibyl_stored_bytes_max", [:]] == Double(3 << 20))
        var refused: ServiceUnderTest.Answer?
        for number in 0..<200 where refused == nil {
            let rows = ServiceUnderTest.longReviews(40)
            let answer = try service.post(
                "/predict/async?model=sentiment&id_column=id&name=n\(number)", rows, type: "text/csv")
            if answer.status != 202 { refused = answer }
        }
        #expect(refused?.status == 503 && refused?.code == "disk_low", "\(refused?.json ?? [:])")
        let seen = try reasons()
        #expect(seen.word == "degraded" && seen.reasons.count == 1, "\(seen)")
        #expect(seen.reasons.first?.contains("SIBYL_MAX_STORED_MB") == true, "\(seen)")
        let bytes = try #require(try gauges()["sibyl_stored_bytes", [:]])
        #expect(bytes > 2.8 * 1_048_576 && bytes <= 3 * 1_048_576)
        #expect(try #require(try gauges()["sibyl_disk_free_bytes", [:]]) > 0)
        #expect(service.logText("api").split(separator: "\n").contains { $0.contains("code=disk_low") })
    }

    /// Dead workers' rows were held, and health said that all was well: twice a minute's half was seen.
    @Test func `while nobody keeps house, health says so, until another does`() throws {
        try service.startAPI(["--log-level", "debug"])
        try service.wait("a keeper") { service.logText("api").contains("keeper elected") }
        let ready = service.folder.path + "/second"
        try service.start("second", ["api", "--listen", "127.0.0.1:0", "--ready-file", ready, "--log-level", "debug"])
        try service.wait("the second API") {
            (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true
        }
        service.follow(try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines))
        #expect(try reasons().reasons == [])
        let keeper = service.processID("api")
        try service.stop(keeper) { !service.isAtGate(keeper) }
        try service.wait("health to tell") {
            let seen = try reasons()
            return seen.word == "degraded" && seen.status == 200
                && seen.reasons.contains { $0.contains("No process has kept house") }
        }
        try service.wait("another keeper") { service.logText("second").contains("keeper elected") }
        try service.wait("health to be well again") { try reasons().reasons == [] }
        service.signal("api", SIGKILL)
        service.end("api")
    }
}
