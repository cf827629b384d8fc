import Foundation
import HTTP
import Testing

/// Batches that run once more, and what is left of one that was deleted.
@Suite(.serialized, .sharedService) struct BatchRepeatTests {
    private let table = "id;recency;frequency;spend\r\na;2,43;5;180,25\r\nb;-1;1;\r\nc;51;1;1,5\r\n"
    private let rows =
        #""inputs":[{"recency":2.43,"frequency":5,"spend":180.25,"id":"a"},{"recency":51,"frequency":1}]"#

    private func rerun(_ id: String, _ body: String = "", _ headers: HTTPHeaders = [:]) throws
        -> ServiceUnderTest.Answer
    {
        var headers = headers
        if !body.isEmpty { headers.set("Content-Type", "application/json") }
        return try SharedService.service.send(
            .post, "/predict/async/\(id)/rerun", headers, body.isEmpty ? .none : .bytes(Array(body.utf8)))
    }

    /// The results without what names the task.
    private func comparable(_ id: String) throws -> NSArray { try SharedService.service.objects(id) as NSArray }

    @Test func `rows that do not fit are not tried again`() throws {
        let service = try SharedService.service
        let id = try service.submit(table: table, "model=purchase&id_column=id")
        #expect(try service.ended(id).status == "completed_with_errors")
        let retry = try service.post("/predict/async/\(id)/retry", "")
        #expect(retry.status == 409 && retry.code == "nothing_to_retry", "\(retry.json)")
        let forgotten = try service.submit(table: table, "model=purchase&keep_input=false")
        _ = try service.ended(forgotten)
        for verb in ["retry", "rerun"] {
            let refused = try service.post("/predict/async/\(forgotten)/\(verb)", "")
            #expect(refused.status == 409 && refused.code == "input_not_kept", "\(verb): \(refused.json)")
        }
        let open = try service.open("model=purchase")
        for verb in ["retry", "rerun"] {
            #expect(try service.post("/predict/async/\(open)/\(verb)", "").status == 409, "\(verb)")
        }
    }

    @Test func `a table, a batch and a single row run again with the same answers`() throws {
        let service = try SharedService.service
        let ids = [
            try service.submit(table: table, "model=purchase&id_column=id&name=spring&metadata.a=b&priority=low"),
            try #require(
                try service.post(
                    "/predict/async",
                    #"{"model":"purchase",\#(rows),"name":"spring","metadata":{"a":"b"},"priority":"low"}"#
                ).id),
            try #require(
                try service.post(
                    "/predict/async",
                    #"{"model":"sentiment","text":"good","name":"spring","metadata":{"a":"b"},"priority":"low"}"#
                ).id),
        ]
        for id in ids {
            let first = try service.ended(id)
            let answer = try rerun(id, #"{"model_version":"v1"}"#)
            #expect(answer.status == 202, "\(answer.json)")
            let again = try #require(answer.id)
            #expect(again != id)
            #expect(answer.rows("total") == first.counts["total"])
            let second = try service.ended(again)
            #expect(second.counts == first.counts && second.status == first.status)
            #expect(second["name"] as? String == "spring")
            #expect(second["metadata"] as? [String: String] == ["a": "b"])
            #expect(second["priority"] as? String == "low")
            #expect(try comparable(again) == comparable(id))
            let compared = try service.get("/predict/async/\(id)/compare/\(again)").json
            #expect(compared["changed"] as? Int == 0 && compared["failed_in_one"] as? Int == 0)
            #expect(compared["compared"] as? Int == first.counts["succeeded"])
            #expect((compared["transitions"] as? [Any])?.isEmpty == true)
            for output in compared["outputs"] as? [[String: Any]] ?? [] {
                #expect(output["mean_shift"] as? Double == 0 && output["greatest_shift"] as? Double == 0)
            }
        }
        let joined = try service.ended(try #require(try rerun(ids[0]).id))["id"] as? String
        #expect(
            try service.results(#require(joined), "join=input").bytes == service.results(ids[0], "join=input").bytes)
        let unlike = try service.get("/predict/async/\(ids[0])/compare/\(ids[1])")
        #expect(unlike.status == 409 && unlike.code == "not_comparable", "\(unlike.json)")
        #expect(try service.get("/predict/async/\(ids[1])/compare/\(ids[2])").status == 409)
        let nobody = "019aa000-0000-7000-8000-000000000000"
        #expect(try service.get("/predict/async/\(ids[0])/compare/\(nobody)").status == 404)
        for (body, status) in [(#"{"model_version":"v9"}"#, 422), (#"{"model":"iris"}"#, 422), ("[", 400)] {
            #expect(try rerun(ids[0], body).status == status, "\(body)")
        }
    }

    @Test func `a rerun under a key is done once, and is not the submission of that key`() throws {
        let service = try SharedService.service
        let key: HTTPHeaders = ["Idempotency-Key": "again"]
        let ids = [
            try service.submit(table: table, "model=purchase&id_column=id"),
            try #require(try service.post("/predict/async", #"{"model":"purchase",\#(rows)}"#).id),
            try service.submit("good"),
        ]
        for (index, id) in ids.enumerated() {
            _ = try service.ended(id)
            let key: HTTPHeaders = ["Idempotency-Key": "again-\(index)"]
            let first = try rerun(id, "", key)
            let second = try rerun(id, "", key)
            #expect(first.status == 202 && second.status == 202, "\(index): \(second.json)")
            #expect(first.id == second.id && first.id != id, "\(index)")
        }
        let body = HTTPUpload.bytes(Array(table.utf8))
        let submitted = try service.send(
            .post, "/predict/async?model=purchase&id_column=id",
            ["Content-Type": "text/csv", "Idempotency-Key": "again"], body)
        _ = try service.ended(try #require(submitted.id))
        let other = try rerun(try #require(submitted.id), "", key)
        #expect(other.status == 422 && other.code == "idempotency_mismatch", "\(other.json)")
    }

    @Test func `nothing of a deleted task can be had`() throws {
        let service = try SharedService.service
        let (kept, id) = (
            try service.submit(table: table, "model=purchase"), try service.submit(table: table, "model=purchase")
        )
        for id in [kept, id] { _ = try service.ended(id) }
        #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        for path in [
            "", "/results", "/results?format=csv", "/results?join=input", "/events", "/manifest", "/compare/\(kept)",
        ] {
            let gone = try service.get("/predict/async/\(id)\(path)")
            #expect(gone.status == 410 && gone.code == "task_expired", "\(path): \(gone.status)")
        }
        #expect(try service.get("/predict/async/\(kept)/compare/\(id)").status == 410)
        for verb in ["rerun", "retry", "cancel"] {
            #expect(try service.post("/predict/async/\(id)/\(verb)", "").status == 410, "\(verb)")
        }
        #expect(try service.put("a", to: id).status == 410)
        #expect(try service.get("/predict/async/\(kept)").status == 200)
    }

    @Test func `a task deleted while it is uploaded takes nothing more`() throws {
        let service = try SharedService.service
        let sample = SampleInput(.utf8, rows: 2_500)
        let id = try service.open("model=sentiment&id_column=id")
        let upload = try RawUpload(url: service.url, task: id)
        try upload.send(sample.bytes[..<(sample.bytes.count / 2)])
        try service.wait("rows") { try service.offset(id) > 0 }
        #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        try? upload.send(sample.bytes[(sample.bytes.count / 2)...])  // try? because the service may have closed already
        if let answer = try? upload.finish() { #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)") }
        upload.close()
        #expect(try service.get("/predict/async/\(id)").status == 410)
        try service.waitUntilIdle()
    }
}
