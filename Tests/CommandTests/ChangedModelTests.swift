import Core
import Digest
import Foundation
import HTTP
import TestSupport
import Testing

/// A model that is edited under its version's name, and one that goes away, while tasks are stored.
@Suite struct ChangedModelTests {
    private let service = ServiceUnderTest()
    private var models: String { service.folder.path + "/models" }

    private func write(_ model: TableModel) throws { try model.write(into: models) { SHA256.hex(of: $0) } }

    private func restart(workers: Bool = true) throws {
        for name in ["api", "worker"] {
            service.signal(name, SIGTERM)
            service.end(name)
        }
        try start(workers: workers)
    }

    private func start(workers: Bool = true) throws {
        try service.startAPI(["--models", models])
        if workers { try service.startWorker("worker", ["--models", models]) }
    }

    /// `/models` showed the edit, and results went by what was before, for ever.
    @Test func `an edit under a version's name is refused while tasks are stored, and the others are served`() throws {
        try write(TableModel("sums", inputs: 2))
        try write(TableModel("other", inputs: 2))
        try start()
        let id = try service.submit(table: "x0,x1\n1,2\n", "model=sums")
        #expect(try service.ended(id).status == "completed")
        let before = try #require((try service.get("/models/sums").json["versions"] as? [[String: Any]])?.first)
        var edited = TableModel("sums", inputs: 2)
        edited.type = "double"
        try write(edited)
        try restart()

        let refusal = try service.send(
            .post, "/predict/async?model=sums", ["Content-Type": "text/csv"], .bytes(Array("x0,x1\n1,2\n".utf8)))
        #expect(refusal.status == 503 && refusal.json["code"] as? String == "model_version_taken")
        let detail = try #require(refusal.json["detail"] as? String)
        let digest = try #require(before["digest"] as? String)
        #expect(detail.contains(digest.prefix(12)) && detail.contains("a new version name"))
        // What fails the same way every time is not tried again.
        try "x0,x1\n1,2\n".write(toFile: service.folder.path + "/sums.csv", atomically: true, encoding: .utf8)
        let begin = ContinuousClock.now
        let submit = try service.command(["submit", "sums.csv", "--model", "sums"])
        #expect(submit.code == 75 && submit.errors.contains("a new version name"), "\(submit)")
        #expect(ContinuousClock.now - begin < Limits.clientRetry)
        let version = try #require((try service.get("/models/sums").json["versions"] as? [[String: Any]])?.first)
        #expect(version["problem"] as? String == detail && version["digest"] as? String != digest)
        let health = try service.get("/health").json
        #expect(health["status"] as? String == "degraded")
        #expect((health["reasons"] as? [String])?.contains(detail) == true, "\(health)")
        #expect(try service.results(id, "format=csv&fields=prediction").lines[1] == "3")
        let other = try service.submit(table: "x0,x1\n1,2\n", "model=other")
        #expect(try service.ended(other).status == "completed")
        let doctor = try service.command(
            ["doctor", "--database", service.database, "--models", models, "--onnxruntime", Self.library])
        #expect(doctor.code == 1 && doctor.output.contains(digest.prefix(12)), "\(doctor.output)")

        // Nobody refers to it any more.
        #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        try restart()
        let again = try service.submit(table: "x0,x1\n1,2\n", "model=sums")
        #expect(try service.ended(again).status == "completed")
        #expect(try service.get("/health").json["status"] as? String == "healthy")
    }

    private static let library = PackageFiles.path(".tools/onnxruntime/libonnxruntime.so")

    /// They waited for ever, and nobody said so.
    @Test func `rows of a version that went away are named everywhere, and run elsewhere or fail by one command`()
        throws
    {
        try write(TableModel("sums", inputs: 2))
        try start(workers: false)
        let table = try service.submit(table: "id,x0,x1\na,1,2\nb,3,4\n", "model=sums&id_column=id")
        let json = try service.send(
            .post, "/predict/async", ["Content-Type": "application/json"],
            .bytes(Array(#"{"model":"sums","inputs":[{"x0":1,"x1":5},{"x0":2,"x1":5}]}"#.utf8)))
        let rows = try #require(json.json["id"] as? String)
        service.signal("api", SIGTERM)
        service.end("api")
        // The version is replaced by another under a name of its own.
        let manifest = models + "/sums/model.json"
        let text = try String(contentsOfFile: manifest, encoding: .utf8).replacing("\"v1\"", with: "\"v2\"")
        try text.write(toFile: manifest, atomically: true, encoding: .utf8)
        try FileManager.default.moveItem(atPath: models + "/sums/v1", toPath: models + "/sums/v2")
        try start()
        try service.wait("the worker") { try service.get("/health").json["workers"] as? Int == 1 }

        let reasons = try #require(try service.get("/health").json["reasons"] as? [String])
        #expect(reasons.contains { $0.contains("4 rows of `sums` v1") && $0.contains("sibyl stranded") }, "\(reasons)")
        try service.wait("the warning") {
            let warnings = try service.get("/predict/async/\(rows)").json["warnings"] as? [[String: Any]]
            return warnings?.contains { $0["code"] as? String == "model_unserved" } == true
        }
        let doctor = try service.command(
            ["doctor", "--database", service.database, "--models", models, "--onnxruntime", Self.library])
        #expect(doctor.code == 1 && doctor.output.contains("BAD  backlog: 4 rows of `sums` v1"), "\(doctor.output)")
        let list = try service.command(["stranded"])
        #expect(list.code == 0 && list.output.hasPrefix("sums v1\t") && list.output.hasSuffix("\t4 rows\n"), "\(list)")
        let none = try service.command(["stranded", "--rerun-on", "v9"])
        #expect(none.code != 0 && none.errors.contains("no such version"))

        let rerun = try service.command(["stranded", "--rerun-on", "v2"])
        #expect(rerun.code == 0, "\(rerun)")
        let made = rerun.output.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) }
        #expect(Set(made.map { $0[0] }) == [table, rows])
        for line in made {
            #expect(try service.ended(line[1]).status == "completed")
            #expect(try service.ended(line[0]).status == "failed")
            let values = try service.results(line[1], "format=csv&fields=prediction").lines[1...2]
            #expect(values == (line[0] == table ? ["3", "7"] : ["6", "7"]))
        }
        #expect(try service.command(["stranded"]).output.isEmpty)
        #expect(try service.command(["stranded", "--fail"]).output == "failed: 0 tasks\n")
    }

    private func post(_ path: String, _ body: String, _ headers: HTTPHeaders = [:]) throws -> ServiceUnderTest.Answer {
        var headers = headers
        headers.set("Content-Type", "application/json")
        let answer = try HTTPClient().send(
            .post, service.url + path, headers: headers, body: .bytes(Array(body.utf8)), deadline: .seconds(10))
        let json = try JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return .init(status: answer.status, headers: answer.headers, json: json ?? [:])
    }

    /// A preference to wait held an operator up for each task, and a full queue refused to be emptied.
    @Test func `stranded rows move though the queue is full and the caller prefers to wait, and past what is refused`()
        throws
    {
        let api = ["--models", models, "--max-waiting-rows", "4"]
        try write(TableModel("sums", inputs: 2))
        try service.startAPI(api)
        // The first in line cannot move: its rows have no names for the third input.
        let rows = try #require(
            try post("/predict/async", #"{"model":"sums","inputs":[{"x0":1,"x1":5},{"x0":2,"x1":5}]}"#)
                .json["id"] as? String)
        let table = try service.submit(table: "x0,x1\n1,2\n3,4\n", "model=sums")
        service.signal("api", SIGTERM)
        service.end("api")
        try write(TableModel("sums", inputs: 3))
        let manifest = models + "/sums/model.json"
        let text = try String(contentsOfFile: manifest, encoding: .utf8).replacing("\"v1\"", with: "\"v2\"")
        try text.write(toFile: manifest, atomically: true, encoding: .utf8)
        try FileManager.default.moveItem(atPath: models + "/sums/v1", toPath: models + "/sums/v2")
        let others = service.folder.path + "/others"
        try TableModel("other", inputs: 2).write(into: others) { SHA256.hex(of: $0) }
        try service.startAPI(api)
        try service.startWorker("elsewhere", ["--models", others])
        try service.wait("a worker") { try service.get("/health").json["workers"] as? Int == 1 }
        let full = try post("/predict/async", #"{"model":"sums","data":[1,2,3]}"#)
        #expect(full.status == 503 && full.json["code"] as? String == "queue_full", "\(full.json)")
        #expect(full.detail.contains("4 rows wait, and at most 4 may"), "\(full.detail)")

        let unserved = try post("/admin/stranded/rerun", #"{"model_version":"v2"}"#)
        #expect(unserved.status == 503 && unserved.json["code"] as? String == "model_unavailable", "\(unserved.json)")
        for path in ["/predict/async", "/predict/async?limit=1"] {
            let tasks = try #require(try service.get(path).json["tasks"] as? [[String: Any]])
            for task in tasks {
                let codes = (task["warnings"] as? [[String: Any]])?.compactMap { $0["code"] as? String }
                #expect(codes?.contains("model_unserved") == true, "\(task)")
            }
        }
        try service.startWorker("worker", ["--models", models])
        try service.wait("the second worker") { try service.get("/models/sums").json["workers"] as? Int == 1 }
        #expect(try post("/admin/queue/pause", #"{"model":"sums"}"#).status == 200)
        let moved = try post("/admin/stranded/rerun", #"{"model_version":"v2"}"#, ["Prefer": "wait=60"])
        #expect(moved.status == 202, "\(moved.json)")
        let made = try #require(moved.json["redriven"] as? [[String: Any]])
        #expect(made.map { $0["from"] as? String } == [table], "\(moved.json)")
        let refused = try #require(moved.json["refused"] as? [[String: Any]])
        #expect(refused.map { $0["id"] as? String } == [rows] && refused[0]["code"] as? String == "input_not_kept")
        let id = try #require(made[0]["id"] as? String)
        let halted = try service.get("/predict/async/\(id)").json
        #expect(halted["eta_seconds"] is NSNull, "\(halted)")
        #expect(try post("/admin/queue/resume", "").status == 200)
        #expect(try service.ended(id)["status"] as? String == "completed")
        #expect(try service.results(id, "format=csv&fields=prediction").lines[1...2] == ["3", "7"])
        #expect(try post("/admin/stranded/fail", "").json["failed"] as? Int == 1)
    }
}
