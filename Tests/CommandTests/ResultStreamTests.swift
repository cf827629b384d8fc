import Foundation
import Glibc
import HTTP
import Testing

/// Results as files: whole, followed to the end, and never shorter than they look.
@Suite(.serialized) struct ResultStreamTests {
    private func text(_ service: ServiceUnderTest, _ path: String) throws -> (status: Int, body: String) {
        let answer = try HTTPClient().send(.get, service.url + path, deadline: .seconds(30))
        return (answer.status, String(decoding: answer.body, as: UTF8.self))
    }

    @Test func `a stream follows a task that has not begun to its end`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let csv = try ServiceUnderTest.reviews
        let answer = try service.post("/predict/async?model=sentiment&id_column=id", csv, type: "text/csv")
        let id = try #require(answer.json["id"] as? String)
        let partial = try text(service, "/predict/async/\(id)/results?format=csv&partial=true")
        #expect(partial.body == "id,prediction,score,confidence,negative,neutral,positive,error\r\n")
        try service.startWorker()
        let lines = try text(service, "/predict/async/\(id)/results?format=csv").body.split(separator: "\r\n")
        #expect(lines.count == 1_001)
        #expect(lines[0] == "id,prediction,score,confidence,negative,neutral,positive,error")
        #expect(lines[1].hasPrefix("r-0001,"))
        #expect(lines[1_000].hasPrefix("r-1000,"))

        let objects = try text(service, "/predict/async/\(id)/results?format=ndjson").body.split(separator: "\n")
        let rows = try objects.map { line in
            (try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["row"] as? Int
        }
        #expect(rows == Array(0..<1_000))
    }

    @Test func `only the rows that failed are listed when asked`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let csv = "id,text\r\na,good\r\n\"b,\"\"x\",\"  \"\r\nc,bad\r\n"
        let answer = try service.post("/predict/async?model=sentiment&id_column=id", csv, type: "text/csv")
        let id = try #require(answer.json["id"] as? String)
        _ = try service.ended(id)
        let table = try text(service, "/predict/async/\(id)/results?format=csv&errors_only=true").body
        let lines = table.split(separator: "\r\n")
        #expect(lines.count == 2)
        #expect(lines[1].hasPrefix("\"b,\"\"x\",,,,,,,blank_text: "))
        let page = try service.get("/predict/async/\(id)/results?errors_only=true").json
        #expect((page["results"] as? [[String: Any]])?.map { $0["row"] as? Int } == [1])
    }

    @Test func `a cancelled task is stopped, and its file is not offered as whole`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("never to be scored")
        #expect(try service.post("/predict/async/\(id)/cancel", "").status == 202)
        #expect(try service.ended(id)["status"] as? String == "cancelled")
        #expect(try service.post("/predict/async/\(id)/cancel", "").status == 200)
        let whole = try service.get("/predict/async/\(id)/results?format=csv")
        #expect(whole.status == 409)
        #expect(whole.json["code"] as? String == "results_incomplete")
        #expect(try text(service, "/predict/async/\(id)/results?format=csv&partial=true").status == 200)
    }

    @Test func `a deleted task is gone and the list shows the others`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let (first, second) = (try service.submit("one"), try service.submit("two"))
        #expect(try service.send(.delete, "/predict/async/\(first)", [:], .none).status == 204)
        #expect(try service.get("/predict/async/\(first)").status == 410)
        let listed = try service.get("/predict/async?status=pending").json["tasks"] as? [[String: Any]]
        #expect(listed?.map { $0["id"] as? String } == [second])
    }

    @Test func `an unchanged task is answered 304`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("one")
        let tag = try #require(try service.get("/predict/async/\(id)").headers.first("ETag"))
        #expect(try service.send(.get, "/predict/async/\(id)", ["If-None-Match": tag], .none).status == 304)
        try service.startWorker()
        _ = try service.ended(id)
        #expect(try service.send(.get, "/predict/async/\(id)", ["If-None-Match": tag], .none).status == 200)
    }

    @Test func `a followed stream is cut when the service stops, and does not hold it up`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("waits for a worker")
        let stream = try RawUpload(
            url: service.url, head: "GET /predict/async/\(id)/results?format=ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )
        service.signal("api", SIGTERM)
        #expect(service.end("api") == 0)
        #expect(!stream.readAll().hasSuffix("0\r\n\r\n"))
        stream.close()
    }

    @Test func `a submission that prefers to wait gets the whole task, or its address in time`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let body = HTTPUpload.bytes(Array(#"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#.utf8))
        let headers: HTTPHeaders = ["Content-Type": "application/json", "Prefer": "wait=0"]
        let address = try service.send(.post, "/predict/async", headers, body)
        #expect(address.status == 202)
        #expect(address.headers.first("Preference-Applied") == nil)
        try service.startWorker()
        _ = try service.ended(try #require(address.json["id"] as? String))
        let whole = try service.send(
            .post, "/predict/async", ["Content-Type": "application/json", "Prefer": "respond-async, wait=20"], body)
        #expect(whole.status == 200)
        #expect(whole.headers.first("Preference-Applied") == "wait=20")
        #expect((whole.json["result"] as? [String: Any])?["prediction"] as? String == "setosa")
    }

    @Test func `a held question is answered when the task has ended, has changed, or the time is over`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("one")
        let pending = try service.get("/predict/async/\(id)?wait=0")
        #expect(pending.json["status"] as? String == "pending")
        let tag = try #require(pending.headers.first("ETag"))
        try service.startWorker()
        let changed = try service.send(.get, "/predict/async/\(id)?wait=30", ["If-None-Match": tag], .none)
        #expect(changed.status == 200)
        #expect(try service.get("/predict/async/\(id)?wait=30").json["final"] as? Bool == true)
        #expect(try service.get("/predict/async/\(id)?wait=61").status == 422)
    }
}
