import Foundation
import HTTP
import Testing

/// What would become of a batch, asked before it is sent.
@Suite(.serialized, .sharedService) struct BatchDryRunTests {
    private func expectNothingKept(_ service: ServiceUnderTest) throws {
        try service.waitUntilIdle()
        for source in ["async", "sync"] {
            #expect((try service.get("/predict/async?source=\(source)").json["tasks"] as? [Any])?.count == 0)
        }
    }

    @Test func `a table is read, judged and sampled, and nothing of it is kept`() throws {
        let service = try SharedService.service
        let text =
            "Kunde;weeks_since_last_order;orders;spend\r\n" + (0..<20).map { "k\($0 % 19);2,43;5;180,25\r\n" }.joined()
            + "k99;-1;5;1\r\n"
        let answer = try service.post(
            "/predict/async?model=purchase&dry_run=true&id_column=Kunde", text, type: "text/csv")
        #expect(answer.status == 200, "\(answer.json)")
        #expect(answer.json["dry_run"] as? Bool == true)
        #expect(answer.json.counts == ["total": 21, "valid": 20, "invalid": 1])
        #expect(answer.json["would_be_accepted"] as? Bool == true)
        let format = answer.json["input_format"] as? [String: Any]
        #expect(format?["delimiter"] as? String == ";" && format?["decimal"] as? String == ",")
        let columns = format?["columns"] as? [String: Any]
        #expect(columns?["recency"] as? String == "weeks_since_last_order")
        #expect(columns?["age"] is NSNull)
        let warnings = answer.json["warnings"] as? [[String: String]]
        #expect(warnings?.map { $0["code"] } == ["absent_input", "duplicate_ids"])
        #expect(answer.errors.map { $0["row"] as? Int } == [20])
        #expect(answer.errors.map { $0["line"] as? Int } == [22])
        let predictions = answer.json["predictions"] as? [[String: Any]]
        #expect(predictions?.count == 10)
        #expect(predictions?.map { $0["id"] as? String } == (0..<10).map { "k\($0)" })
        #expect(predictions?.first?["prediction"] as? String == "yes")
        #expect((answer.json["estimate"] as? [String: Any])?["seconds"] is Double)
        try expectNothingKept(service)
    }

    @Test func `a strict batch that would be refused is told so, in every form`() throws {
        let service = try SharedService.service
        let form =
            "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
            + "text\r\ngood\r\n\" \"\r\nbad\r\n\r\n--bound--\r\n"
        let bodies = [
            ("application/json", #"{"model":"sentiment","texts":["good"," ","bad"]}"#),
            ("text/csv", "text\r\ngood\r\n\" \"\r\nbad\r\n"),
            ("application/x-ndjson", "{\"text\":\"good\"}\n{\"text\":\" \"}\n{\"text\":\"bad\"}\n"),
            ("multipart/form-data; boundary=bound", form),
        ]
        for (type, body) in bodies {
            let model = type == "application/json" ? "" : "&model=sentiment"
            for (rule, isAccepted) in [("reject", false), ("record", true)] {
                let answer = try service.post(
                    "/predict/async?dry_run=true&on_invalid=\(rule)\(model)", body, type: type)
                #expect(answer.status == 200, "\(type) \(rule): \(answer.json)")
                #expect(answer.json.counts == ["total": 3, "valid": 2, "invalid": 1], "\(type) \(rule)")
                #expect(answer.json["would_be_accepted"] as? Bool == isAccepted, "\(type) \(rule)")
                #expect(answer.errors.map { $0["row"] as? Int } == [1], "\(type) \(rule)")
                let predictions = answer.json["predictions"] as? [[String: Any]]
                #expect(predictions?.map { $0["prediction"] as? String } == ["positive", "negative"], "\(type)")
            }
        }
        try expectNothingKept(service)
    }

    @Test func `the first hundred of many bad rows are named, and all are counted`() throws {
        let service = try SharedService.service
        let text = "text\r\n" + String(repeating: "\" \"\r\n", count: 700)
        for rule in ["reject", "record"] {
            let answer = try service.post(
                "/predict/async?dry_run=true&model=sentiment&on_invalid=\(rule)", text, type: "text/csv")
            #expect(answer.json.counts == ["total": 700, "valid": 0, "invalid": 700], "\(rule): \(answer.json)")
            #expect(answer.errors.count == 100)
            #expect(answer.json["predictions"] is NSNull)
        }
        try expectNothingKept(service)
    }

    @Test func `a header that does not fit is refused as it would be`() throws {
        let service = try SharedService.service
        let missing = try service.post(
            "/predict/async?dry_run=true&model=purchase", "recencyy,frequency\r\n1,2\r\n", type: "text/csv")
        #expect(missing.status == 422 && missing.code == "missing_column", "\(missing.json)")
        let ambiguous = try service.post(
            "/predict/async?dry_run=true&model=purchase&dezimal=,", "recency,frequency\r\n1,2\r\n", type: "text/csv")
        #expect(ambiguous.status == 422, "\(ambiguous.json)")
        let none = try service.post("/predict/async?dry_run=true&model=sentiment", "text\r\n", type: "text/csv")
        #expect(none.status == 422 && none.code == "no_rows", "\(none.json)")
    }

    @Test func `a dry run uses up no key`() throws {
        let service = try SharedService.service
        let headers: HTTPHeaders = ["Content-Type": "text/csv", "Idempotency-Key": "dry"]
        let body = HTTPUpload.bytes(Array("text\r\ngood\r\n".utf8))
        #expect(try service.send(.post, "/predict/async?model=sentiment&dry_run=true", headers, body).status == 200)
        let real = try service.send(.post, "/predict/async?model=sentiment", headers, body)
        #expect(real.status == 202, "\(real.json)")
        _ = try service.ended(try #require(real.id))
        #expect(try service.send(.delete, "/predict/async/\(try #require(real.id))", [:], .none).status == 204)
    }

    @Test func `without a worker the rest is answered, and the sample is forgotten`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--sync-seconds", "1"])
        let answer = try service.post(
            "/predict/async?model=sentiment&dry_run=true", "text\r\ngood\r\n", type: "text/csv")
        #expect(answer.status == 200, "\(answer.json)")
        #expect(answer.json["predictions"] is NSNull)
        #expect((answer.json["estimate"] as? [String: Any])?["seconds"] is NSNull)
        try service.waitUntilIdle()
        try service.wait("the sample to be gone") {
            let tasks = try service.get("/predict/async?source=sync").json["tasks"] as? [[String: Any]] ?? []
            return tasks.allSatisfy { $0["final"] as? Bool == true }
        }
    }
}
