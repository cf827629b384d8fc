import Foundation
import Glibc
import HTTP
import Testing

/// A queue that somebody has paused.
@Suite(.serialized) struct StandingQueueTests {
    @Test func `what was paused stays so while everything is started again, until it is resumed`() throws {
        let service = ServiceUnderTest()
        try startAll(service)
        #expect(try service.command(["pause", "sentiment"]).output == "paused: sentiment\n")
        let held = try service.submit("waits")
        try endAll(service, by: SIGKILL)
        try startAll(service)
        #expect(try isRunning("iris", in: service))
        #expect(try service.get("/predict/async/\(held)").json["status"] as? String == "pending")
        #expect(try reasons(service).contains { $0.contains("`sentiment` is paused") })

        #expect(try service.command(["pause"]).output == "paused: all models\n")
        try endAll(service, by: SIGTERM)
        try startAll(service)
        let iris = try submitIris(service)
        #expect(try reasons(service).contains { $0.contains("All models are paused") })
        // A prediction at once is refused rather than held for its time.
        let refused = try service.post("/predict", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#)
        #expect(refused.status == 503 && refused.headers.first("Retry-After") != nil)
        for id in [held, iris] {
            #expect(try service.get("/predict/async/\(id)").json["status"] as? String == "pending")
        }

        // Resuming all forgets every pause.
        #expect(try service.command(["resume"]).output == "paused: none\n")
        for id in [held, iris] { #expect(try service.ended(id)["status"] as? String == "completed") }
        try endAll(service, by: SIGTERM)
        try startAll(service)
        #expect(try isRunning("sentiment", in: service))
        #expect(try service.get("/health").json["status"] as? String == "healthy")
        #expect(try service.check().code == 0)
    }

    private func startAll(_ service: ServiceUnderTest) throws {
        try service.startAPI()
        try service.startWorker()
        try service.wait("the worker") { service.logText("worker").contains("worker ready") }
    }

    private func endAll(_ service: ServiceUnderTest, by signal: Int32) throws {
        for name in ["api", "worker"] {
            service.signal(name, signal)
            #expect(service.end(name) == (signal == SIGTERM ? 0 : 128 + signal))
        }
    }

    private func submitIris(_ service: ServiceUnderTest) throws -> String {
        let answer = try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#)
        return try #require(answer.json["id"] as? String)
    }

    /// Whether a row of a model that comes now is scored.
    private func isRunning(_ model: String, in service: ServiceUnderTest) throws -> Bool {
        let id = try model == "iris" ? submitIris(service) : service.submit("now")
        return try service.ended(id)["status"] as? String == "completed"
    }

    private func reasons(_ service: ServiceUnderTest) throws -> [String] {
        try service.get("/health").json["reasons"] as? [String] ?? []
    }
}
