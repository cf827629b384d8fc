import Foundation
import HTTP
import TestSupport
import Testing

/// A caller who never got the answer sends the same again.
@Suite(.serialized) struct RepeatedSubmissionTests {
    private func send(
        _ service: ServiceUnderTest, _ path: String, _ type: String, _ body: String, key: String
    ) throws -> ServiceUnderTest.Answer {
        try service.send(
            .post, path, ["Content-Type": type, "Idempotency-Key": key], .bytes(Array(body.utf8)))
    }

    @Test func `JSON, a small table and a large one are each taken once`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let row = "\"" + String(repeating: "a good film ", count: 40) + "\"\r\n"
        let bodies = [
            ("application/json", #"{"model":"sentiment","text":"once"}"#, #"{"model":"sentiment","text":"other"}"#),
            ("text/csv", "text\r\na\r\nb\r\n", "text\r\na\r\nc\r\n"),
            (
                "text/csv", "text\r\n" + String(repeating: row, count: 1_500),
                "text\r\n" + String(repeating: row, count: 1_501)
            ),
        ]
        for (index, (type, body, other)) in bodies.enumerated() {
            let path = "/predict/async" + (type == "text/csv" ? "?model=sentiment" : "")
            let first = try send(service, path, type, body, key: "k\(index)")
            let again = try send(service, path, type, body, key: "k\(index)")
            #expect(first.status == 202 && again.status == 202, "\(again.json)")
            for name in ["id", "created_at"] {
                #expect(first.json[name] as? String == again.json[name] as? String)
            }
            let different = try send(service, path, type, other, key: "k\(index)")
            #expect(different.status == 422)
            #expect(different.json["code"] as? String == "idempotency_mismatch")
        }
        #expect((try service.get("/predict/async").json["tasks"] as? [Any])?.count == bodies.count)
    }

    @Test func `the same bytes in another format or character set are another submission`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let (path, body) = ("/predict/async?model=sentiment", "text\r\ngood\r\n")
        let type = "text/csv; charset=utf-8"
        #expect(try send(service, path, type, body, key: "c").status == 202)
        #expect(try send(service, path, type, body, key: "c").status == 202)
        for other in ["text/csv; charset=windows-1252", "application/x-ndjson; charset=utf-8"] {
            let different = try send(service, path, other, body, key: "c")
            #expect(different.json["code"] as? String == "idempotency_mismatch", "\(other): \(different.json)")
        }
    }

    @Test func `a synchronous prediction is answered from its first task`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        try service.waitUntilServed("iris")
        let body = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
        let first = try send(service, "/predict", "application/json", body, key: "p")
        let again = try send(service, "/predict", "application/json", body, key: "p")
        #expect(again.status == 200)
        #expect(first.json["task_id"] as? String == again.json["task_id"] as? String)
        #expect(again.json["prediction"] as? String == "setosa")
    }

    /// A folder of models in which iris has two versions.
    ///
    /// - Parameter isFirstGone: whether only the second one is left.
    private func models(
        _ service: ServiceUnderTest, default version: String, isFirstGone: Bool = false
    ) throws -> String {
        let folder = service.folder.path + "/models"
        let files = FileManager.default
        if !files.fileExists(atPath: folder) {
            try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try files.copyItem(atPath: ServiceUnderTest.root + "/models/iris", toPath: folder + "/iris")
            try files.copyItem(atPath: folder + "/iris/v1", toPath: folder + "/iris/v2")
        }
        let manifest = URL(fileURLWithPath: folder + "/iris/model.json")
        var json = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: manifest)) as? [String: Any])
        let first = try #require((json["versions"] as? [[String: Any]])?.first)
        var second = first
        second["version"] = "v2"
        json["versions"] = isFirstGone ? [second] : [first, second]
        json["default_version"] = version
        try JSONSerialization.data(withJSONObject: json).write(to: manifest)
        return folder
    }

    @Test func `a repeat is honest though the default version has changed, and gets the first answer`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--models", models(service, default: "v1")])
        let row = "5.1,3.5,1.4,0.2\r\n"
        let table = "sepal_length,sepal_width,petal_length,petal_width\r\n"
        let bodies = [
            ("/predict/async", "application/json", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#),
            ("/predict/async?model=iris", "text/csv", table + row),
            ("/predict/async?model=iris", "text/csv", table + String(repeating: row, count: 60_000)),
            ("/predict/async?model=iris&upload=later", "application/json", ""),
        ]
        func send(_ index: Int) throws -> HTTPClient.Answer {
            let (path, type, body) = bodies[index]
            return try HTTPClient().send(
                .post, service.url + path, headers: ["Content-Type": type, "Idempotency-Key": "k\(index)"],
                body: .bytes(Array(body.utf8)))
        }
        let first = try bodies.indices.map { try send($0) }
        service.signal("api", SIGTERM)
        service.end("api")
        try service.startAPI(["--models", models(service, default: "v2")])
        for index in bodies.indices {
            let again = try send(index)
            #expect(again.status == 202, "\(index): \(String(decoding: again.body, as: UTF8.self))")
            #expect(String(decoding: again.body, as: UTF8.self) == String(decoding: first[index].body, as: UTF8.self))
            for name in ["Location", "Retry-After", "Content-Type"] {
                #expect(again.headers.first(name) == first[index].headers.first(name), "\(index): \(name)")
            }
        }
        let rerun = try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#)
        #expect(rerun.json["model_version"] as? String == "v2")
    }

    /// Their repeat was refused before its key was looked up.
    @Test func `a repeat gets the first answer though its task is deleted and its version is gone`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--models", models(service, default: "v1")])
        try service.startWorker("worker", ["--models", models(service, default: "v1")])
        let table = "sepal_length,sepal_width,petal_length,petal_width\r\n5.1,3.5,1.4,0.2\r\n"
        let row =
            #"{"model":"iris","inputs":[{"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2}]}"#
        let parents = [
            try service.submit(table: table, "model=iris"),
            try #require(try service.post("/predict/async", row).json["id"] as? String),
        ]
        for id in parents { _ = try service.ended(id) }
        func send(_ index: Int) throws -> ServiceUnderTest.Answer {
            if index < parents.count {
                let path = "/predict/async/\(parents[index])/rerun?model_version=v1"
                return try service.send(.post, path, ["Idempotency-Key": "r\(index)"], .none)
            }
            return try self.send(
                service, "/predict/async?model=iris&model_version=v1", "text/csv", table, key: "r\(index)")
        }
        let first = try (0...parents.count).map { try send($0) }
        for answer in first { _ = try service.ended(try #require(answer.id, "\(answer.json)")) }
        for id in parents { #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204) }
        service.signal("api", SIGTERM)
        service.end("api")
        try service.startAPI(["--models", models(service, default: "v2", isFirstGone: true)])
        for (index, answer) in first.enumerated() {
            let again = try send(index)
            #expect(again.status == 202 && again.id == answer.id, "\(index): \(again.json)")
        }
    }

    @Test func `a repeated rerun is the same by what its caller says, and of the same task`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--models", models(service, default: "v1")])
        try service.startWorker("worker", ["--models", models(service, default: "v1")])
        let table = "sepal_length,sepal_width,petal_length,petal_width\r\n5.1,3.5,1.4,0.2\r\n"
        let ids = try (0..<2).map { _ in try service.submit(table: table, "model=iris") }
        for id in ids { _ = try service.ended(id) }
        func rerun(_ id: String, _ query: String = "") throws -> ServiceUnderTest.Answer {
            try service.send(.post, "/predict/async/\(id)/rerun\(query)", ["Idempotency-Key": "r"], .none)
        }
        let first = try rerun(ids[0], "?model_version=v1")
        #expect(first.status == 202)
        #expect(try rerun(ids[0], "?model_version=v1").id == first.id)
        for other in [
            try rerun(ids[0], "?model_version=v2"), try rerun(ids[0]), try rerun(ids[1], "?model_version=v1"),
        ] {
            #expect(other.status == 422 && other.code == "idempotency_mismatch", "\(other.json)")
        }
    }

    @Test func `a repeat waits where its caller prefers to, and a synchronous one always`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--sync-seconds", "1"])
        let body = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
        func send(_ path: String, _ key: String, _ wait: String?) throws -> ServiceUnderTest.Answer {
            var headers: HTTPHeaders = ["Content-Type": "application/json", "Idempotency-Key": key]
            if let wait { headers.set("Prefer", wait) }
            return try service.send(.post, path, headers, .bytes(Array(body.utf8)))
        }
        let first = try send("/predict/async", "a", "wait=0")
        #expect(first.status == 202)
        // It has the model, and takes nothing.
        let idle = try PlayedWorker(service)
        defer { withExtendedLifetime(idle) {} }
        try service.waitUntilServed("iris")
        let late = try send("/predict", "p", nil)
        #expect(late.status == 503 && late.code == "prediction_timeout")
        let still = try send("/predict", "p", nil)
        #expect(
            still.status == 503 && still.headers.first("Location") == late.headers.first("Location"), "\(still.json)")
        try service.startWorker()
        let waited = try send("/predict/async", "a", "wait=20")
        #expect(waited.status == 200 && waited.id == first.id, "\(waited.json)")
        #expect(waited.headers.first("Preference-Applied") == "wait=20")
        #expect((waited.json["result"] as? [String: Any])?["prediction"] as? String == "setosa")
        #expect(try send("/predict/async", "a", nil).status == 202)
        let answered = try send("/predict", "p", nil)
        #expect(answered.status == 200, "\(answered.json)")
        #expect("/predict/async/\(answered.json["task_id"] ?? "")" == late.headers.first("Location"))
        // Also its measured time is that of the first.
        #expect(try send("/predict", "p", nil).json as NSDictionary == answered.json as NSDictionary)
        // A paused model keeps nobody from an answer that is there.
        #expect(try service.post("/admin/queue/pause", "").status == 200)
        #expect(try send("/predict", "p", nil).status == 200)
        #expect(try send("/predict", "q", nil).status == 503)
    }
}
