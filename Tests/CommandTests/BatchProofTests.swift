import Foundation
import HTTP
import Testing

/// Events of a batch while it runs, and the proof of it afterwards.
@Suite(.serialized, .sharedService) struct BatchProofTests {
    private struct Event {
        let name: String
        let id: String
        let data: [String: Any]
    }

    private func events(_ text: String) throws -> [Event] {
        try text.components(separatedBy: "\n\n").filter { $0.hasPrefix("event: ") }.map { block in
            let lines = block.components(separatedBy: "\n")
            try #require(lines.count == 3 && lines[1].hasPrefix("id: ") && lines[2].hasPrefix("data: "), "\(block)")
            let data = try JSONSerialization.jsonObject(with: Data(lines[2].dropFirst(6).utf8)) as? [String: Any]
            return Event(name: String(lines[0].dropFirst(7)), id: String(lines[1].dropFirst(4)), data: data ?? [:])
        }
    }

    @Test func `events tell a task's progress up to its end, and resume`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment")
        let stream = try RawUpload(
            url: service.url,
            head: "GET /predict/async/\(id)/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        let first = stream.read(upTo: "\n\n\r\n")
        #expect(first.contains("text/event-stream"))
        #expect(first.contains("event: progress\n"))
        #expect(try service.put("text\r\ngood\r\nbad\r\n", to: id).status == 200)
        let rest = stream.readAll()
        stream.close()
        #expect(rest.hasSuffix("0\r\n\r\n"))
        #expect(rest.contains("event: completed\n"))
        let task = try service.ended(id)

        let whole = try service.file("/predict/async/\(id)/events")
        let ended = try events(whole.text)
        #expect(ended.map(\.name) == ["completed"])
        #expect(ended.first?.data.status == "completed" && ended.first?.data["id"] as? String == task["id"] as? String)
        #expect(whole.headers.first("Content-Type")?.hasPrefix("text/event-stream") == true)
        let last = try #require(ended.first?.id)
        let tag = try #require(try service.get("/predict/async/\(id)").headers.first("ETag"))
        #expect(tag.contains(last), "an event's id is the task's version: \(tag) \(last)")
        #expect(rest.contains("id: \(last)\n"))
        #expect(try service.file("/predict/async/\(id)/events", ["Last-Event-ID": last]).status == 204)
        let missed = try service.file("/predict/async/\(id)/events", ["Last-Event-ID": "1"])
        #expect(try events(missed.text).map(\.name) == ["completed"])
        let odd = try service.file("/predict/async/\(id)/events", ["Last-Event-ID": "x"])
        #expect(odd.status == 200)
    }

    @Test func `the versions of a stream of events only rise`() throws {
        let service = try SharedService.service
        let id = try service.submit(table: "text\r\n" + String(repeating: "good\r\n", count: 5_000), "model=sentiment")
        let all = try events(try service.file("/predict/async/\(id)/events").text)
        let ids = all.compactMap { Int($0.id) }
        #expect(ids.count == all.count && ids == ids.sorted() && Set(ids).count == ids.count, "\(ids)")
        #expect(all.last?.name == "completed" && all.dropLast().allSatisfy { $0.name == "progress" })
        #expect(all.allSatisfy { $0.data.addsUp })
    }

    @Test func `a manifest proves that every row in has one row out`() throws {
        let service = try SharedService.service
        let sample = SampleInput(.windows1252, rows: 3_000)
        let tail = Array("\r\n\n".utf8)
        let bytes = sample.bytes + tail
        let packed = try ServiceUnderTest.pipe(bytes, through: "gzip", "-c")
        let answer = try service.send(
            .post, "/predict/async?model=sentiment&id_column=id",
            ["Content-Type": "text/csv", "Content-Encoding": "gzip"], .bytes(packed))
        let id = try #require(answer.id, "\(answer.json)")
        if try service.get("/predict/async/\(id)").json["final"] as? Bool == false {
            let early = try service.get("/predict/async/\(id)/manifest")
            #expect(early.status == 409 || early.status == 200)
        }
        let task = try service.ended(id)
        let manifest = try service.get("/predict/async/\(id)/manifest").json
        let (input, results) = (manifest["input"] as? [String: Any], manifest["results"] as? [String: Any])
        #expect(input?["sha256"] as? String == (try ServiceUnderTest.sha256(bytes)))
        #expect(input?["bytes"] as? Int == bytes.count)
        let lines = try service.results(id, "format=ndjson").bytes
        #expect(results?["sha256"] as? String == (try ServiceUnderTest.sha256(lines)))
        #expect(manifest["rows"] as? [String: Int] == ["in": 3_000, "out": 3_000, "succeeded": 2_400, "failed": 600])
        for name in ["model", "model_version", "model_digest", "status", "id"] {
            #expect(manifest[name] as? String == task[name] as? String)
        }
        let chunks = manifest["chunks"] as? [[String: Any]] ?? []
        #expect(chunks.count > 1)
        func sum(_ name: String) -> Int { chunks.reduce(0) { $0 + ($1[name] as? Int ?? 0) } }
        #expect(sum("rows") == 3_000 && sum("succeeded") == 2_400 && sum("failed") == 600)
        var row = 0
        for chunk in chunks {
            #expect(chunk["first_row"] as? Int == row)
            row += chunk["rows"] as? Int ?? 0
        }
        #expect(sum("input_bytes") == bytes.count - tail.count - "id,text,extra\r\n".utf8.count)
        let first = chunks.first?["rows"] as? Int ?? 0
        let count = lines.split(separator: 0x0A, omittingEmptySubsequences: false).prefix(first).joined().count + first
        #expect(chunks.first?["results_sha256"] as? String == (try ServiceUnderTest.sha256(Array(lines[..<count]))))
    }

    @Test func `rows that did not come as a stream are proven by their results`() throws {
        let service = try SharedService.service
        for id in [
            try service.submit("good"),
            try #require(try service.post("/predict/async", #"{"model":"sentiment","texts":["a","b"]}"#).id),
        ] {
            _ = try service.ended(id)
            let manifest = try service.get("/predict/async/\(id)/manifest")
            #expect(manifest.status == 200, "\(manifest.json)")
            #expect((manifest.json["input"] as? [String: Any])?["sha256"] is NSNull)
            let lines = try service.results(id, "format=ndjson").bytes
            #expect(
                (manifest.json["results"] as? [String: Any])?["sha256"] as? String
                    == (try ServiceUnderTest.sha256(lines)))
        }
        let open = try service.open("model=sentiment")
        #expect(try service.get("/predict/async/\(open)/manifest").status == 409)
        #expect(try service.post("/predict/async/\(open)/cancel", "").status == 202)
        _ = try service.ended(open)
        let empty = try service.get("/predict/async/\(open)/manifest")
        #expect(empty.status == 200 && (empty.json["chunks"] as? [Any])?.isEmpty == true, "\(empty.json)")
    }

    /// Bytes of the caller's own, decompressed, in the order in which they were sent: the header and blank lines too.
    @Test(arguments: [true, false], ["text/csv", "application/x-ndjson"])
    func `an input that came in several requests is proven as a whole, kept or not`(isKept: Bool, type: String) throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--chunk-rows", "200"])
        let rows = (0..<5_000).map { row in
            type == "text/csv" ? "r\(row),\"good \(row)\"\r\n\r\n" : "{\"id\":\"r\(row)\",\"text\":\"good \(row)\"}\n\n"
        }
        let bytes = Array(((type == "text/csv" ? "\u{FEFF}\r\nid,text\r\n" : "\n") + rows.joined() + "\r\n\n").utf8)
        let id = try service.open("model=sentiment&id_column=id&keep_input=\(isKept)")
        var start = 0
        for part in [70_001, 20_007, bytes.count] {
            let end = min(part + start, bytes.count)
            let answer = try service.put(
                Array(bytes[start..<end]), to: id, from: start, of: end == bytes.count ? bytes.count : nil, type: type)
            #expect(answer.status == 200, "\(answer.json)")
            start = try service.offset(id)
            if part == 70_001 {
                // What was hashed outlives the process.
                service.signal("api", SIGKILL)
                service.end("api")
                try service.startAPI(["--chunk-rows", "200"])
            }
        }
        #expect(start == bytes.count)
        try service.startWorker()
        _ = try service.ended(id)
        let input = try service.get("/predict/async/\(id)/manifest").json["input"] as? [String: Any]
        #expect(input?["sha256"] as? String == (try ServiceUnderTest.sha256(bytes)), "\(input ?? [:])")
        #expect(input?["bytes"] as? Int == bytes.count)
    }

    @Test func `an input that is not kept is proven too, whatever its coding`() throws {
        let service = try SharedService.service
        let sample = SampleInput(.utf8, rows: 3_000)
        let packed = try ServiceUnderTest.pipe(sample.bytes, through: "gzip", "-c")
        for (body, coding) in [(sample.bytes, nil), (packed, "gzip")] {
            var headers: HTTPHeaders = ["Content-Type": "text/csv"]
            if let coding { headers.set("Content-Encoding", coding) }
            let answer = try service.send(
                .post, "/predict/async?model=sentiment&id_column=id&keep_input=false", headers, .bytes(body))
            let id = try #require(answer.id, "\(answer.json)")
            _ = try service.ended(id)
            let input = try service.get("/predict/async/\(id)/manifest").json["input"] as? [String: Any]
            #expect(input?["sha256"] as? String == (try ServiceUnderTest.sha256(sample.bytes)), "\(coding ?? "plain")")
        }
    }
}
