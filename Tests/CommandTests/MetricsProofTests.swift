import Core
import Foundation
import HTTP
import Operations
import TestSupport
import Testing

/// What `/metrics` says, against what was done.
@Suite(.serialized) struct MetricsProofTests {
    private let service = ServiceUnderTest()

    private func scrape(_ url: String) throws -> Exposition {
        let answer = try HTTPClient().send(.get, url + "/metrics", deadline: .seconds(10))
        #expect(answer.status == 200)
        #expect(answer.headers.first("Content-Type") == "text/plain; version=0.0.4; charset=utf-8")
        return try Exposition(String(decoding: answer.body, as: UTF8.self))
    }

    /// Where a process said that its door is.
    private func doors(of name: String) -> [String] {
        service.logText(name).matches(of: /event="door open".* url=(\S+)/).map { String($0.output.1) }
    }

    private func startAll() throws -> (api: String, worker: String) {
        try service.startAPI()
        try service.startWorker("worker", ["--metrics-listen", "0"])
        try service.wait("the worker's door") { !doors(of: "worker").isEmpty }
        return (service.url, try #require(doors(of: "worker").first))
    }

    @Test func `the counts of API and worker are what was done`() throws {
        let (api, worker) = try startAll()
        let ids = try (0..<20).map { try service.submit("good number \($0)") }
        for id in ids { #expect(try service.ended(id)["status"] as? String == "completed") }
        try service.wait("the counts") { try scrape(worker).sum("sibyl_tasks_total") == 20 }
        let (front, back) = (try scrape(api), try scrape(worker))

        let accepted = ["method": "POST", "route": "/predict/async", "status": "202"]
        #expect(front["sibyl_http_requests_total", accepted] == 20)
        #expect(front["sibyl_http_request_duration_seconds_count", ["route": "/predict/async"]] == 20)
        #expect(front["sibyl_group_commit_size_sum", [:]]! >= 20)
        #expect(front["sibyl_http_connections", [:]]! >= 1)
        #expect(back["sibyl_tasks_total", ["status": "completed"]] == 20)
        let rows = ["model": "sentiment", "version": "v1", "outcome": "succeeded"]
        #expect(back["sibyl_rows_total", rows] == 20)
        #expect(back.sum("sibyl_rows_total") == 20)
        #expect(back["sibyl_batch_rows_sum", [:]] == 20)
        let claims = back["sibyl_batch_rows_count", [:]]
        for stage in ["queue", "infer", "output", "commit"] {
            #expect(back["sibyl_stage_duration_seconds_count", ["stage": stage]] == claims, "\(stage)")
        }
        #expect(back["sibyl_stage_duration_seconds_count", ["stage": "input"]] == 20)
        #expect(back["sibyl_inflight_rows", ["model": "sentiment"]] == 0)
        #expect(back["sibyl_write_gate_wait_seconds_count", [:]]! >= 2)
    }

    @Test func `the state of the service is shown by the keeper alone, and by the next one after its death`() throws {
        let (api, worker) = try startAll()
        let states = ["sibyl_workers", "sibyl_queue_rows", "sibyl_drain_seconds", "sibyl_wal_bytes"]
        let sentiment = ["model": "sentiment", "version": "v1"]
        // A worker is there before its models.
        try service.wait("the worker") { try scrape(api)["sibyl_model_servable", sentiment] == 1 }
        let keeper = try scrape(api)
        #expect(keeper["sibyl_workers", [:]] == 1)
        #expect(keeper["sibyl_keeper", [:]] == 1)
        #expect(keeper["sibyl_queue_rows", ["model": "sentiment"]] == 0)
        #expect(keeper["sibyl_drain_seconds", [:]] == 0)
        let other = try scrape(worker)
        #expect(other["sibyl_keeper", [:]] == 0)
        #expect(states.allSatisfy { other.kinds[$0] == nil })

        service.signal("api", SIGKILL)
        service.end("api")
        try service.wait("the worker to keep house") { try scrape(worker)["sibyl_keeper", [:]] == 1 }
        let heir = try scrape(worker)
        #expect(states.allSatisfy { heir.kinds[$0] != nil })
        #expect(heir["sibyl_workers", [:]] == 1)
    }

    @Test func `rows that wait for a worker are seen to wait`() throws {
        try service.startAPI()
        _ = try service.submit("good")
        let shown = try scrape(service.url)
        #expect(shown["sibyl_queue_rows", ["model": "sentiment"]] == 1)
        #expect(shown["sibyl_drain_seconds", [:]] == .infinity)
        #expect(shown["sibyl_workers", [:]] == 0)
        #expect(shown["sibyl_model_servable", ["model": "sentiment", "version": "v1"]] == 0)
        let age = try #require(shown["sibyl_queue_oldest_seconds", ["model": "sentiment"]])
        #expect(age >= 0 && age < 20)
    }

    @Test func `whatever is asked, the labels and the series stay those of the lists`() throws {
        let (api, worker) = try startAll()
        let round = {
            for number in 0..<40 {
                let noise = UUID().uuidString
                _ = try service.get("/\(noise)/\(number)?model=\(noise)")
                _ = try service.get("/predict/async/\(noise)")
                _ = try service.post("/predict/async", #"{"model":"\#(noise)","text":"x"}"#)
                _ = try service.post("/predict/async", #"{"model":"sentiment","model_version":"\#(noise)","text":"x"}"#)
                _ = try service.send(.delete, "/models/\(noise)", [:], .none)
            }
        }
        try round()
        let before = try scrape(api)
        try round()
        let after = try scrape(api)
        #expect(after.sum("sibyl_http_requests_total") >= before.sum("sibyl_http_requests_total") + 200)
        let series = { (shown: Exposition) in
            Set(shown.samples.map { "\($0.name)\($0.labels.sorted { $0.key < $1.key })" })
        }
        // The scrape itself is what the second text has and the first has not.
        let added = series(after).subtracting(series(before))
        #expect(added.allSatisfy { $0.contains("/metrics") }, "\(added)")
        let known = Set(Metric.all.map(\.name))
        for shown in [after, try scrape(worker)] {
            #expect(shown.samples.count < 2_000)
            #expect(Set(shown.kinds.keys).isSubset(of: known))
            let labels = Set(shown.samples.flatMap(\.labels.keys))
            #expect(labels.isSubset(of: Set(MetricLabel.allCases.map(\.rawValue)).union(["le"])))
        }
    }

    @Test func `a worker's door has health of its own and nothing else`() throws {
        let (api, worker) = try startAll()
        let get = { (url: String) in try HTTPClient().send(.get, url, deadline: .seconds(10)) }
        #expect(try get(worker + "/live").status == 200)
        var ready = try get(worker + "/ready")
        try service.wait("the worker's models") {
            ready = try get(worker + "/ready")
            // Until then it says why not.
            #expect(ready.status == 200 || !String(decoding: ready.body, as: UTF8.self).contains("[]"))
            return ready.status == 200
        }
        #expect(String(decoding: ready.body, as: UTF8.self) == #"{"ready":true,"reasons":[]}"#)
        #expect(try get(worker + "/predict/async").status == 404)
        #expect(try get(worker + "/").status == 404)
        #expect(try HTTPClient().send(.post, worker + "/metrics", deadline: .seconds(10)).status == 405)
        #expect(try get(api + "/api/metrics").status == 404)
        #expect(try get(api + "/api/ready").status == 200)
        #expect(worker.hasPrefix("http://127.0.0.1:"))
    }

    @Test func `under up each worker has a door of its own`() throws {
        let ready = service.folder.path + "/url"
        try service.start(
            "up", ["up", "--workers", "2", "--listen", "127.0.0.1:0", "--ready-file", ready, "--metrics-listen", "0"])
        try service.wait("two doors") { doors(of: "up").count == 2 }
        for url in doors(of: "up") { #expect(try scrape(url).sum("sibyl_build_info") == 1) }
        service.signal("up", SIGTERM)
        #expect(service.end("up") == 0)
    }
}
