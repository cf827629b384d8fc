import Foundation
import Glibc
import HTTP
import Testing

/// Batches whose rows come after their task was accepted: whole, in parts, and after every kind of break.
@Suite(.serialized, .sharedService) struct BatchUploadTests {

    @Test func `a task is open at once, and its input may come whole`() throws {
        let service = try SharedService.service
        let answer = try service.send(.post, "/predict/async?model=sentiment&upload=later", [:], .none)
        #expect(answer.status == 202)
        let id = try #require(answer.id)
        let address = try #require((answer.json["urls"] as? [String: Any])?["input"] as? String)
        #expect(answer.headers.first("Location") == "/predict/async/\(id)")
        let open = try service.get("/predict/async/\(id)").json
        #expect((open["input"] as? [String: Any])?["state"] as? String == "receiving")
        #expect(open.status == "pending" && open.addsUp)
        #expect(open["progress"] is NSNull && open["eta_seconds"] is NSNull)
        let head = try service.send(.head, address, [:], .none)
        #expect(head.status == 200)
        #expect(head.headers.first("Upload-Offset") == "0")
        #expect(head.headers.first("Upload-Complete") == "?0")

        let text = "text\r\ngood\r\nbad\r\n"
        let put = try service.send(.put, address, ["Content-Type": "text/csv"], .bytes(Array(text.utf8)))
        #expect(put.status == 200, "\(put.json)")
        #expect(put.headers.first("Upload-Complete") == "?1")
        let task = try service.ended(id)
        #expect(task.status == "completed")
        #expect(task.counts["succeeded"] == 2)
        #expect((task["input"] as? [String: Any])?["bytes"] as? Int == text.utf8.count)
        let again = try service.put(text, to: id)
        #expect(again.status == 409 && again.code == "upload_ended", "\(again.json)")
        #expect(try service.offset(id) == text.utf8.count)
    }

    /// Rows enough for a first part: from them the service tells how a table is written.
    private static let many = String(repeating: "x,a good film for a good evening\r\n", count: 2_500)

    @Test func `parts are stored up to their last whole record`() throws {
        let service = try SharedService.service
        let start = "id,text\r\n" + Self.many
        let whole = Array((start + "b,\"two\r\nlines\"\r\nc,b\u{E9}d\r\n\r\n").utf8)
        let stored = start.utf8.count
        let id = try service.open("model=sentiment&id_column=id")
        // Cut in the middle of the quoted field.
        let first = try service.put(Array(whole[..<(stored + 7)]), to: id, from: 0)
        #expect(first.status == 200, "\(first.json)")
        #expect(first.headers.first("Upload-Offset") == "\(stored)")
        #expect(first.headers.first("Upload-Complete") == "?0")
        #expect(try service.offset(id) == stored)
        try service.wait("the first row") { try !service.objects(of: id).isEmpty }

        for wrong in [0, stored - 1, stored + 1, stored + 7] {
            let refused = try service.put(Array(whole[wrong...]), to: id, from: wrong, of: whole.count)
            #expect(refused.status == 409 && refused.code == "wrong_offset", "\(refused.json)")
            #expect(refused.headers.first("Upload-Offset") == "\(stored)")
        }
        let unsaid = try service.put(whole, to: id)
        #expect(unsaid.status == 409 && unsaid.headers.first("Upload-Offset") == "\(stored)", "\(unsaid.json)")
        let rest = Array(whole[stored...])
        let type = try service.put(rest, to: id, from: stored, of: whole.count, type: "application/x-ndjson")
        #expect(type.status == 415, "\(type.json)")
        #expect(try service.offset(id) == stored)

        let last = try service.put(rest, to: id, from: stored, of: whole.count)
        #expect(last.status == 200 && last.headers.first("Upload-Complete") == "?1", "\(last.json)")
        #expect(try service.ended(id).status == "completed")
        #expect(try service.objects(id).suffix(3).map { $0["id"] as? String } == ["x", "b", "c"])
        #expect(try service.offset(id) == whole.count)
    }

    @Test func `an input that was stored to its last byte can still be ended`() throws {
        // A part that ends with the last record, or a service that died between the last rows and the seal, leaves
        // nothing to send: the end is said with an empty range.
        let service = try SharedService.service
        let whole = Array(("id,text\r\n" + Self.many).utf8)
        let id = try service.open("model=sentiment")
        #expect(try service.put(whole, to: id, from: 0).status == 200)
        #expect(try service.offset(id) == whole.count)
        let other = try service.put([], to: id, from: 0, of: whole.count + 1)
        #expect(other.status == 409 && other.headers.first("Upload-Offset") == "\(whole.count)", "\(other.json)")
        let ended = try service.put([], to: id, from: 0, of: whole.count)
        #expect(ended.status == 200 && ended.headers.first("Upload-Complete") == "?1", "\(ended.json)")
        let task = try service.ended(id)
        #expect(task.status == "completed" && task.counts["succeeded"] == 2_500)
        let results = try service.results(id, "join=input&fields=prediction").lines
        #expect(results.first == "id,text,prediction" && results.count == 2_502)

        let nothing = try service.open("model=sentiment")
        #expect(try service.put([], to: nothing, from: 0, of: 0).status == 400)
    }

    @Test func `an empty input is no input`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let empty = try service.put("", to: id)
        #expect(empty.status == 400 && empty.code == "malformed_csv", "\(empty.json)")
    }

    @Test func `a range that cannot be meant is refused, and nothing is stored`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let body = Array("text\r\ngood\r\n".utf8)
        let ranges = [
            "bytes 0-11", "0-11/12", "bytes 5-4/12", "bytes 0-11/11", "bytes -1-11/12", "bytes 0-11/", "bytes=0-11/12",
            "bytes 0-10/11", "bytes 0-99/100", "bytes 0-11/12, bytes 0-11/12", "bytes 0-99999999999999999999/*", "",
        ]
        for range in ranges {
            let refused = try service.send(
                .put, "/predict/async/\(id)/input", ["Content-Type": "text/csv", "Content-Range": range], .bytes(body))
            #expect(refused.status == 422 && refused.code == "invalid_parameter", "\(range): \(refused.json)")
        }
        let packed = try service.put(body, to: id, from: 0, of: 12, ["Content-Encoding": "gzip"])
        #expect(packed.status == 422 && packed.detail.contains("Content-Encoding"), "\(packed.json)")
        let small = try service.put(Array(body[..<8]), to: id, from: 0)
        #expect(small.status == 422 && small.code == "invalid_parameter", "\(small.json)")
        let other = try service.put(body, to: id, type: "application/json")
        #expect(other.status == 415, "\(other.json)")
        let option = try service.send(
            .put, "/predict/async/\(id)/input?model=iris", ["Content-Type": "text/csv"], .bytes(body))
        #expect(option.status == 422, "\(option.json)")
        #expect(try service.offset(id) == 0)
        #expect(try service.put(body, to: id, from: 0, of: 12).status == 200)
    }

    @Test func `a body that ends before its range says is not taken for whole`() throws {
        // Sent in chunks, a body has no length of its own; a proxy that cuts it must not end the input early.
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let upload = try RawUpload(url: service.url, task: id, range: "bytes 0-999/1000")
        try upload.send("text\r\ngood\r\nba")
        let answer = try upload.finish()
        upload.close()
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        #expect(
            (try service.get("/predict/async/\(id)").json["input"] as? [String: Any])?["state"] as? String
                == "receiving")
        let whole = Array("text\r\ngood\r\nbad\r\n".utf8)
        #expect(try service.resume(whole, to: id).status == 200)
        #expect(try service.ended(id).counts["total"] == 2)

        let long = try service.open("model=sentiment")
        let over = try RawUpload(url: service.url, task: long, range: "bytes 0-9/10")
        try over.send("text\r\ngood\r\nbad\r\n")
        #expect(try over.finish().hasPrefix("HTTP/1.1 4"))
        over.close()
    }

    @Test func `gzip comes whole`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let packed = try ServiceUnderTest.pipe(Array("text\r\ngood\r\nbad\r\n".utf8), through: "gzip", "-c")
        let put = try service.put(packed, to: id, ["Content-Encoding": "gzip"])
        #expect(put.status == 200, "\(put.json)")
        #expect(try service.ended(id).counts["succeeded"] == 2)
        #expect(try service.offset(id) == 17)
    }

    @Test func `what is not there or has ended takes no rows`() throws {
        let service = try SharedService.service
        let nobody = "019aa000-0000-7000-8000-000000000000"
        #expect(try service.put("text\r\na\r\n", to: nobody).status == 404)
        #expect(try service.send(.head, "/predict/async/\(nobody)/input", [:], .none).status == 404)
        let id = try service.open("model=sentiment")
        #expect(try service.put(("id,text\r\n" + Self.many), to: id, from: 0).status == 200)
        #expect(try service.post("/predict/async/\(id)/cancel", "").status == 202)
        let cancelled = try service.put("bad\r\n", to: id, from: 12, of: 17)
        #expect(cancelled.status == 409 && cancelled.code == "upload_ended", "\(cancelled.json)")
        let task = try service.ended(id)
        #expect(task.status == "cancelled" && task.addsUp)
        #expect((task["input"] as? [String: Any])?["state"] as? String == "broken")
        #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        #expect(try service.put("bad\r\n", to: id, from: 12, of: 17).status == 410)
        #expect(try service.send(.head, "/predict/async/\(id)/input", [:], .none).status == 410)
    }

    @Test func `a cancelled upload whose rows were all scored is not offered as whole`() throws {
        // All rows that came are done, and still the file is not: the rest of the input never came.
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        #expect(try service.put("id,text\r\n" + Self.many, to: id, from: 0).status == 200)
        try service.wait("all rows") { try service.get("/predict/async/\(id)").rows("succeeded") == 2_500 }
        #expect(try service.post("/predict/async/\(id)/cancel", "").status == 202)
        #expect(try service.ended(id).status == "cancelled")
        for query in ["format=csv", "format=ndjson", "join=input"] {
            let whole = try service.results(id, query)
            #expect(whole.status == 409 && whole.code == "results_incomplete", "\(query): \(whole.text)")
            let partial = try service.results(id, query + "&partial=true")
            #expect(partial.status == 200 && partial.headers.first("Sibyl-Rows") == "2500/2500", "\(query)")
        }
        #expect(try service.results(id, "join=input&partial=true&fields=prediction").lines.count == 2_502)
        let manifest = try service.get("/predict/async/\(id)/manifest").json
        #expect((manifest["input"] as? [String: Any])?["sha256"] is NSNull)
        #expect(try service.post("/predict/async/\(id)/rerun", "").status == 409)
    }

    @Test func `who comes second takes over, and the first can add nothing more`() throws {
        let service = try SharedService.service
        let sample = SampleInput(.utf8, rows: 3_000)
        let id = try service.open("model=sentiment&id_column=id")
        let first = try RawUpload(url: service.url, task: id)
        let half = sample.bytes.count / 2
        try first.send(sample.bytes[..<half])
        try service.wait("rows of the first") { try service.offset(id) > 0 }
        let resumed = try service.resume(sample.bytes, to: id)
        #expect(resumed.status == 200, "\(resumed.json)")
        // The service may have answered and closed already.
        if (try? first.send(sample.bytes[half...])) != nil, let answer = try? first.finish() {
            #expect(!answer.hasPrefix("HTTP/1.1 2"), "\(answer)")
        }
        first.close()
        let task = try service.ended(id)
        #expect(task.counts["total"] == 3_000 && task.status == "completed_with_errors")
        sample.check(try service.objects(id), "taken over")
        #expect(try service.offset(id) == sample.bytes.count)
    }

    @Test(arguments: SampleInput.Form.allCases)
    func `a client that dies in the middle goes on where its rows end`(form: SampleInput.Form) throws {
        let service = try SharedService.service
        let sample = SampleInput(form, rows: 2_500)
        let id = try service.open("model=sentiment" + (form == .ndjson ? "" : "&id_column=id"))
        let upload = try RawUpload(url: service.url, task: id, type: sample.type)
        // An odd place: in the middle of a character of UTF-16.
        try upload.send(sample.bytes[..<(sample.bytes.count * 3 / 5 | 1)])
        try service.wait("rows to be stored") { try service.offset(id) > 0 }
        try service.wait("results before the upload ends") { try !service.objects(of: id).isEmpty }
        upload.close()
        let resumed = try service.resume(sample.bytes, to: id, type: sample.type)
        #expect(resumed.status == 200, "\(resumed.json)")
        #expect(try service.ended(id).counts["total"] == 2_500)
        sample.check(try service.objects(id), "\(form)")
        let digest = (try service.get("/predict/async/\(id)/manifest").json["input"] as? [String: Any])?["sha256"]
        #expect(digest as? String == (try ServiceUnderTest.sha256(sample.bytes)), "\(form)")
    }

    @Test(arguments: SampleInput.Form.allCases)
    func `many small parts make the same task`(form: SampleInput.Form) throws {
        let service = try SharedService.service
        let sample = SampleInput(form, rows: 1_500)
        for options in ["", "&keep_input=false"] {
            let id = try service.open("model=sentiment" + (form == .ndjson ? "" : "&id_column=id") + options)
            var offset = 0
            while offset < sample.bytes.count {
                let end = min(offset + (offset == 0 ? 90_001 : 20_011), sample.bytes.count)
                let answer = try service.put(
                    Array(sample.bytes[offset..<end]), to: id, from: offset,
                    of: end == sample.bytes.count ? end : nil, type: sample.type)
                #expect(answer.status == 200, "\(form) at \(offset): \(answer.json)")
                let next = try #require(answer.headers.first("Upload-Offset").flatMap { Int($0) })
                try #require(next > offset)
                offset = next
            }
            _ = try service.ended(id)
            sample.check(try service.objects(id), "\(form)\(options)")
            let joined = try service.results(id, "join=input")
            #expect(joined.status == (form == .ndjson || !options.isEmpty ? 409 : 200), "\(form)\(options)")
        }
    }

    @Test func `an API killed in the middle finds the task as it was`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let sample = SampleInput(.utf8, rows: 2_500)
        let id = try service.open("model=sentiment&id_column=id")
        let upload = try RawUpload(url: service.url, task: id)
        try upload.send(sample.bytes[..<(sample.bytes.count * 3 / 5)])
        try service.wait("rows to be stored") { try service.offset(id) > 0 }
        service.signal("api", SIGKILL)
        service.end("api")
        upload.close()
        try service.startAPI()
        try service.startWorker()
        let task = try service.get("/predict/async/\(id)").json
        #expect((task["input"] as? [String: Any])?["state"] as? String == "receiving")
        #expect(task["final"] as? Bool == false)
        #expect(try service.resume(sample.bytes, to: id).status == 200)
        _ = try service.ended(id)
        sample.check(try service.objects(id), "killed")
    }

    @Test func `options may come as JSON, and rows beside them are refused rather than lost`() throws {
        let service = try SharedService.service
        let answer = try service.post(
            "/predict/async",
            #"{"upload":true,"model":"sentiment","id_column":"id","name":"autumn","metadata":{"list":"a"},"priority":"low"}"#
        )
        #expect(answer.status == 202, "\(answer.json)")
        let id = try #require(answer.id)
        #expect(try service.put("id,text\r\nx,good\r\n", to: id).status == 200)
        let task = try service.ended(id)
        #expect(task["name"] as? String == "autumn" && task["priority"] as? String == "low")
        #expect(task["metadata"] as? [String: String] == ["list": "a"])
        #expect(try service.objects(id).first?["id"] as? String == "x")

        let rows = try service.post("/predict/async", #"{"upload":true,"model":"sentiment","texts":["a","b"]}"#)
        #expect(rows.status == 422, "rows beside upload: \(rows.json)")
        let table = try service.post("/predict/async?upload=later&model=sentiment", "text\r\na\r\n", type: "text/csv")
        #expect(table.status == 422, "a table beside upload=later: \(table.json)")
        let options = try service.post("/predict/async?upload=later", #"{"model":"sentiment","name":"winter"}"#)
        #expect(options.status == 202, "\(options.json)")
        let named = try service.get("/predict/async/\(try #require(options.id))").json
        #expect(named["name"] as? String == "winter")
        #expect(try service.post("/predict/async?model=sentiment&upload=now", "").status == 422)
        let dry = try service.post("/predict/async?model=sentiment&upload=later&dry_run=true", "")
        #expect(dry.status == 200 && dry.id == nil, "\(dry.json)")
        let shapes = ["results.fields=nonsense", "results.threshold=2", "results.join=input&keep_input=false"]
        for wrong in shapes {
            let refused = try service.post("/predict/async?model=sentiment&upload=later&dry_run=true&\(wrong)", "")
            #expect([409, 422].contains(refused.status), "\(wrong) \(refused.json)")
        }
        // Without a dry run there is nobody to judge it.
        #expect(try service.post("/predict/async?model=sentiment&upload=later&results.fields=x", "").status == 422)
        #expect(try service.post("/predict/async?upload=later", "").code == "unknown_model")
    }

    @Test func `a repeated opening is the same task`() throws {
        let service = try SharedService.service
        let key: HTTPHeaders = ["Idempotency-Key": "later-1"]
        let id = try service.open("model=sentiment&name=a", key)
        #expect(try service.open("model=sentiment&name=a", key) == id)
        let other = try service.send(.post, "/predict/async?upload=later&model=sentiment&name=b", key, .none)
        #expect(other.status == 422 && other.code == "idempotency_mismatch", "\(other.json)")
        #expect(try service.put("text\r\na\r\n", to: id).status == 200)
        #expect(try service.open("model=sentiment&name=a", key) == id)
    }

    @Test func `an id that comes twice is a warning`() throws {
        let service = try SharedService.service
        let text = "id,text\r\na,good\r\na,bad\r\nb,bad\r\n"
        let id = try service.open("model=sentiment&id_column=id")
        #expect(try service.put(text, to: id).status == 200)
        #expect(
            try service.ended(id)["warnings"] as? [[String: String]] == [
                ["code": "duplicate_ids", "message": "1 rows have an id that an earlier row has."]
            ])
    }
}

extension ServiceUnderTest {
    /// The first results that there are now.
    func objects(of id: String) throws -> [[String: Any]] {
        try get("/predict/async/\(id)/results?limit=10").json["results"] as? [[String: Any]] ?? []
    }
}
