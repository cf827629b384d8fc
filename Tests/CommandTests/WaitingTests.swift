import Core
import Foundation
import HTTP
import Queue
import TestSupport
import Testing

/// A task that waits says what for, and nobody waits for an answer that cannot come.
@Suite(.serialized) struct WaitingTests {
    private static let iris = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
    private static let faultyModels = ServiceUnderTest.root + "/Tests/CommandTests/models"
    private let service = ServiceUnderTest()

    /// What the service says that a task waits for.
    private struct Waiting: Equatable {
        var code: String?
        var message = ""
        var until: String?
        var rows: Int?
        var eta: Double?

        init(_ json: [String: Any]) {
            let waiting = json["waiting_for"] as? [String: Any]
            code = waiting?["code"] as? String
            message = waiting?["message"] as? String ?? ""
            until = waiting?["until"] as? String
            rows = waiting?["rows"] as? Int
            eta = json["eta_seconds"] as? Double
        }
    }

    private func waiting(_ id: String) throws -> Waiting { Waiting(try service.get("/predict/async/\(id)").json) }

    /// Waits until a task says what it waits for, in its own answer, in the list and on the command line.
    private func expect(_ code: String, of id: String, saying words: String) throws -> Waiting {
        try service.wait("the task to wait for \(code)") { try waiting(id).code == code }
        let own = try waiting(id)
        #expect(own.message.contains(words), "\(own)")
        let listed = try #require(try service.get("/predict/async").json["tasks"] as? [[String: Any]])
        let entry = try #require(listed.first { $0["id"] as? String == id })
        #expect(Waiting(entry).code == code, "\(entry)")
        let status = try service.command(["status", id])
        #expect(status.output.contains("waits for  ") && status.output.contains(words), "\(status)")
        #expect(!status.output.contains("left "), "\(status)")
        let line = try service.command(["tasks"]).output.split(separator: "\n").first { $0.hasPrefix(id) }
        #expect(line?.hasSuffix("\t\(code)") == true, "\(line ?? "")")
        return own
    }

    private func submit(_ body: String = iris) throws -> (id: String, answer: ServiceUnderTest.Answer) {
        let answer = try service.post("/predict/async", body)
        #expect(answer.status == 202, "\(answer.json)")
        return (try #require(answer.id), answer)
    }

    /// "0 s left" was said for hours of rows that nothing could run.
    @Test func `a task waits for a worker, for an operator, and then for nothing`() throws {
        try service.startAPI()
        let (id, accepted) = try submit()
        #expect(Waiting(accepted.json).code == "no_worker", "\(accepted.json)")
        #expect(try expect("no_worker", of: id, saying: "`sibyl worker`").eta == nil)
        #expect(try service.post("/admin/queue/pause", #"{"model":"iris"}"#).status == 200)
        #expect(Waiting(try submit().answer.json).code == "paused")
        #expect(try expect("paused", of: id, saying: "`sibyl resume iris`").eta == nil)
        #expect(try service.post("/admin/queue/pause", "{}").status == 200)
        #expect(try expect("paused", of: id, saying: "`sibyl resume`").message.contains("All models"))
        try service.startWorker()
        #expect(try service.post("/admin/queue/resume", "{}").status == 200)
        let ended = try service.ended(id)
        #expect(ended.status == "completed" && ended["waiting_for"] is NSNull, "\(ended)")
    }

    @Test func `a task waits for a version that no worker serves, or that none can run, with the reason`() throws {
        try service.startAPI()
        try service.startWorker("worker", ["--models", Self.faultyModels])
        try service.wait("the worker") { try service.get("/health").json["workers"] as? Int == 1 }
        let (id, _) = try submit()
        #expect(try expect("model_unserved", of: id, saying: "`iris` v1").eta == nil)
        service.signal("worker", SIGTERM)
        service.end("worker")
        try service.startWorker("broken", ["--onnxruntime", "/nowhere/libonnxruntime.so"])
        try service.wait("the worker") { try service.get("/health").json["workers"] as? Int == 1 }
        try service.wait("the worker's verdict") { try waiting(id).code == "model_broken" }
        // Told when the rows are accepted, not after a wait for them.
        let accepted = try submit().answer
        #expect(Waiting(accepted.json).code == "model_broken", "\(accepted.json)")
        #expect((accepted.json["estimate"] as? [String: Any])?["seconds"] is NSNull, "\(accepted.json)")
        #expect(try expect("model_broken", of: id, saying: "ONNX Runtime").message.contains("`iris` v1"))
        let refused = try service.post("/predict", Self.iris)
        #expect(refused.status == 503 && refused.code == "model_unavailable", "\(refused.json)")
        #expect(refused.detail.contains("ONNX Runtime") && refused.json["reason"] as? String == "model_broken")
    }

    @Test func `a task waits for its time, for its turn, for its input, and for a breaker`() throws {
        try service.startAPI(["--sync-seconds", "1", "--models", Self.faultyModels])
        let row = #"{"model":"faulty","input":{"x":1}}"#
        let ids = try (0..<Limits.breakerFailures).map { _ in try submit(row).id }
        let worker = try PlayedWorker(service)
        // Played rows run only when the test says so.
        try service.wait("the worker to be seen") { try waiting(ids[0]).code == nil }
        let behind = try expect("queue", of: ids[3], saying: "3 rows")
        #expect(behind.rows == 3)
        let later = try submit(
            #"{"model":"faulty","input":{"x":1},"not_before":"2099-01-01T00:00:00Z"}"#
        )
        #expect(Waiting(later.answer.json).until == "2099-01-01T00:00:00.000Z", "\(later.answer.json)")
        let scheduled = try expect("not_before", of: later.id, saying: "2099-01-01")
        #expect(scheduled.until == "2099-01-01T00:00:00.000Z" && (scheduled.eta ?? 0) > 1e9, "\(scheduled)")
        let upload = try service.open("model=faulty")
        #expect(try expect("input", of: upload, saying: "urls.input").eta == nil)
        // A table that must be right as a whole waits for the rest of itself.
        let held = try service.open("model=faulty&on_invalid=reject")
        let lines = (0..<20_000).map { "\($0),\(String(repeating: "y", count: 10))\n" }.joined()
        #expect(try service.put(Array("x,z\n\(lines)".utf8), to: held, from: 0).status == 200)
        #expect(try waiting(held).code == "input")

        let claim = try worker.claim()
        #expect(try waiting(ids[0]).code == nil, "it runs")
        for chunk in claim.chunks { try worker.leases.retry(chunk, of: claim, after: .seconds(60)) }
        let open = try expect("breaker_open", of: ids[0], saying: "fail one after the other")
        #expect(open.until != nil && open.eta == nil, "\(open)")
        let refused = try service.post("/predict", row)
        #expect(refused.code == "model_unavailable" && refused.json["reason"] as? String == "breaker_open")
    }

    /// Callers waited their ten seconds, or their minute, for an answer that could not come.
    @Test func `nobody waits for an answer where nothing can run`() throws {
        try service.startAPI(["--sync-seconds", "60"])
        let begin = ContinuousClock.now
        for body in [Self.iris, #"{"model":"iris","model_version":"v1","data":[5.1,3.5,1.4,0.2]}"#] {
            let refused = try service.post("/predict", body)
            #expect(refused.status == 503 && refused.code == "model_unavailable", "\(refused.json)")
            #expect(refused.headers.first("Retry-After") != nil && refused.detail.contains("`sibyl worker`"))
            #expect(refused.json["reason"] as? String == "no_worker", "\(refused.json)")
        }
        let batch = try service.post("/predict/batch", #"{"model":"sentiment","texts":["a","b"]}"#)
        #expect(batch.status == 503 && batch.code == "model_unavailable", "\(batch.json)")
        let sync = try service.get("/predict/async?source=sync").json["tasks"] as? [Any]
        #expect(sync?.isEmpty == true, "what is refused leaves no task")
        // A submission is accepted all the same, and a dry run says what it can.
        let preferred = try service.send(
            .post, "/predict/async", ["Content-Type": "application/json", "Prefer": "wait=60"],
            .bytes(Array(Self.iris.utf8)))
        #expect(preferred.status == 202 && Waiting(preferred.json).code == "no_worker", "\(preferred.json)")
        let dry = try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2],"dry_run":true}"#)
        #expect(dry.status == 200 && Waiting(dry.json).code == "no_worker", "\(dry.json)")
        let later = try service.send(
            .post, "/predict/async?not_before=2099-01-01T00:00:00Z",
            ["Content-Type": "application/json", "Prefer": "wait=60"], .bytes(Array(Self.iris.utf8)))
        #expect(later.status == 202, "\(later.json)")
        #expect(ContinuousClock.now - begin < .seconds(20))
    }

    @Test func `rows that nothing can run never drain, and hold up no estimate of others`() throws {
        try service.startAPI()
        try service.startWorker()
        _ = try service.ended(try submit().id)
        func drain() throws -> Double? {
            let answer = try HTTPClient().send(.get, service.url + "/metrics", deadline: .seconds(10))
            return try Exposition(String(decoding: answer.body, as: UTF8.self))["sibyl_drain_seconds", [:]]
        }
        #expect(try service.post("/admin/queue/pause", #"{"model":"sentiment"}"#).status == 200)
        _ = try service.submitTable(ServiceUnderTest.longReviews(20_000))
        try service.wait("the paused rows to be seen") { try drain() == .infinity }
        let estimate = try submit().answer.json["estimate"] as? [String: Any]
        #expect(try #require(estimate?["seconds"] as? Double) < 0.1, "\(estimate ?? [:])")
        #expect(try service.post("/admin/queue/resume", "{}").status == 200)
        try service.wait("the rows to run", for: 60) { try drain() == 0 }
    }
}

/// A poll that is held answers with what is true when it ends.
@Suite(.serialized) struct HeldPollTests {
    private let service = ServiceUnderTest()

    /// A poll that is held; its answer is read when it comes.
    private final class Poll {
        private let connection: RawUpload
        private let begin = ContinuousClock.now

        init(_ service: ServiceUnderTest, _ id: String, wait: Int, tag: String? = nil) throws {
            connection = try RawUpload(
                url: service.url,
                head: "GET /predict/async/\(id)?wait=\(wait) HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    + (tag.map { "If-None-Match: \($0)\r\n" } ?? "") + "\r\n")
        }

        func answer() throws -> (json: [String: Any], after: Duration) {
            let text = connection.readAll()
            connection.close()
            let body = try #require(text.range(of: "\r\n\r\n")).upperBound
            let json = try JSONSerialization.jsonObject(with: Data(text[body...].utf8)) as? [String: Any]
            return (try #require(json, "\(text)"), ContinuousClock.now - begin)
        }
    }

    private func tag(_ id: String) throws -> String {
        try #require(try service.get("/predict/async/\(id)").headers.first("ETag"))
    }

    @Test func `figures are those of the answer's moment, whether the time was over or something changed`() throws {
        try service.startAPI()
        let body = #"{"model":"iris","data":[[5.1,3.5,1.4,0.2],[5.9,3.0,5.1,1.8]]}"#
        let id = try #require(try service.post("/predict/async", body).id)
        let worker = try PlayedWorker(service)
        let (timed, changed) = (
            try Poll(service, id, wait: 2), try Poll(service, id, wait: 30, tag: try tag(id))
        )
        let claim = try worker.claim()
        let first = try changed.answer()
        #expect(first.json.counts["processing"] == 2 && first.json.counts["pending"] == 0, "\(first.json)")
        #expect(first.json.status == "processing" && first.after < .seconds(20))
        let second = try timed.answer()
        #expect(second.json.counts["processing"] == 2 && second.json.counts["pending"] == 0, "\(second.json)")
        #expect(second.after > .milliseconds(1_900))
        let last = try Poll(service, id, wait: 30)
        try worker.complete(claim.chunks, of: claim) { _ in 1 }
        #expect(try last.answer().json.status == "completed")
    }

    /// Nobody looked at the queue while a poll was held: a pause was told to the next caller, not to this one.
    @Test func `a pause, and its end, release whoever waits for a change`() throws {
        try service.startAPI()
        let id = try #require(try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#).id)
        let worker = try PlayedWorker(service)
        try service.wait("the worker to be seen") {
            try service.get("/predict/async/\(id)").json["waiting_for"] is NSNull
        }
        let paused = try Poll(service, id, wait: 30, tag: try tag(id))
        #expect(try service.post("/admin/queue/pause", #"{"model":"iris"}"#).status == 200)
        let answer = try paused.answer()
        #expect((answer.json["waiting_for"] as? [String: Any])?["code"] as? String == "paused", "\(answer.json)")
        #expect(answer.after < .seconds(20))
        let resumed = try Poll(service, id, wait: 30, tag: try tag(id))
        #expect(try service.post("/admin/queue/resume", "{}").status == 200)
        #expect(try resumed.answer().json["waiting_for"] is NSNull)
        withExtendedLifetime(worker) {}
    }
}
