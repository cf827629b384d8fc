import Foundation
import HTTP
import Testing

/// More than can be done, for a while: refused in words that a caller can go by, and nothing of it lost later.
@Suite(.serialized) struct OverloadTests {
    @Test func `ten times what can be done is refused in order, and all that was accepted is done`() throws {
        let service = ServiceUnderTest(slowsTexts: true)
        try service.startAPI(["--max-waiting-rows", "3000"])
        try service.startWorker()
        _ = try service.ended(try service.submit("the worker runs"))

        let seconds = Soak.count(3, soak: 60)
        let text = String(repeating: "a long and winding review of a film ", count: 27)
        let batch = (0..<250).map { _ in "\"\(text)\"" }.joined(separator: ",")
        let single = #"{"model":"sentiment","text":"\#(text)"}"#
        let callers = OverloadingCallers(url: service.url, for: .seconds(seconds))
        callers.start(
            6, .post, "/predict/async", #"{"model":"sentiment","texts":[\#(batch)]}"#, rows: 250)
        callers.start(2, .post, "/predict/async", single, rows: 1)
        callers.start(2, .post, "/predict", single, rows: 1)
        callers.start(1, .get, "/ready")
        callers.start(1, .get, "/predict/async?limit=10")
        let tally = callers.finish()
        let done = tally.acceptedRows - (try service.get("/health").waitingRows)
        #expect(tally.offeredRows > 10 * done)
        #expect(tally.faults.isEmpty)
        #expect(tally.statuses.keys.allSatisfy { [200, 202, 429, 503].contains($0) })
        #expect(tally.statuses[202, default: 0] > 0)
        #expect(tally.statuses[503, default: 0] > tally.statuses[202, default: 0])
        try service.waitUntilIdle()
        let statuses = try service.allStatuses()
        #expect(tally.accepted.filter { statuses[$0] != "completed" } == [])
        let megabytes = try service.mostMegabytes("api")
        #expect(megabytes < 300)
        print(
            "overload: \(tally.statuses), \(tally.offeredRows) rows offered and \(done) done in \(seconds) s,",
            "API \(megabytes) MB")
    }
}

extension ServiceUnderTest {
    /// The status of every task, by its id.
    func allStatuses() throws -> [String: String] {
        var statuses: [String: String] = [:]
        var cursor = ""
        while true {
            let page = try get("/predict/async?limit=1000\(cursor)").json
            for task in page["tasks"] as? [[String: Any]] ?? [] {
                if let id = task["id"] as? String { statuses[id] = task["status"] as? String }
            }
            guard let next = page["next_cursor"] as? String else { return statuses }
            cursor = "&cursor=\(next)"
        }
    }
}
