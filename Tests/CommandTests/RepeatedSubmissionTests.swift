import Foundation
import HTTP
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

    @Test func `a synchronous prediction is answered from its first task`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let body = #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#
        let first = try send(service, "/predict", "application/json", body, key: "p")
        let again = try send(service, "/predict", "application/json", body, key: "p")
        #expect(again.status == 200)
        #expect(first.json["task_id"] as? String == again.json["task_id"] as? String)
        #expect(again.json["prediction"] as? String == "setosa")
    }
}
