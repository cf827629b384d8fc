import Foundation
import HTTP
import Testing

/// What a caller says about a batch besides its rows, and the list of all batches.
@Suite(.serialized, .sharedService) struct BatchOptionTests {
    private let table = "text\r\ngood\r\nbad\r\n"

    private func seconds(_ value: Any?) throws -> TimeInterval {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try Date(try #require(value as? String), strategy: style).timeIntervalSince1970
    }

    @Test func `names and metadata are kept, and tasks are found by them`() throws {
        let service = try SharedService.service
        let first = try service.submit(
            table: table, "model=sentiment&name=spring%20sale&metadata.list=a%3Db&metadata.team=%C3%BC")
        let second = try #require(
            try service.post(
                "/predict/async",
                #"{"model":"iris","data":[5.1,3.5,1.4,0.2],"name":"autumn","metadata":{"list":"a=b","note":"x\"y"}}"#
            ).id)
        let now = try #require(
            try service.post("/predict", #"{"model":"iris","data":[5.1,3.5,1.4,0.2],"name":"autumn"}"#)
                .json["task_id"] as? String)
        for id in [first, second] { _ = try service.ended(id) }
        let task = try service.get("/predict/async/\(first)").json
        #expect(task["name"] as? String == "spring sale")
        #expect(task["metadata"] as? [String: String] == ["list": "a=b", "team": "\u{FC}"])
        #expect(
            try service.get("/predict/async/\(second)").json["metadata"] as? [String: String] == [
                "list": "a=b", "note": "x\"y",
            ])
        func found(_ query: String) throws -> [String] {
            let tasks = try service.get("/predict/async?\(query)").json["tasks"] as? [[String: Any]] ?? []
            return tasks.compactMap { $0["id"] as? String }.filter { [first, second, now].contains($0) }
        }
        #expect(try found("name=spring%20sale") == [first])
        #expect(try found("metadata.list=a%3Db") == [second, first])
        #expect(try found("metadata.team=%C3%BC") == [first])
        #expect(try found("metadata.list=a") == [])
        #expect(try found("name=autumn") == [second])
        #expect(try found("name=autumn&source=sync") == [now])
        #expect(try found("model=sentiment&status=completed") == [first])
        #expect(try found("model=iris&model_version=v1&status=completed") == [second])
        #expect(try found("status=failed") == [])
        #expect(try found("") == [second, first])
        for wrong in [
            "status=done", "source=all", "limit=0", "limit=1001", "cursor=x", "metadata.a=1&metadata.b=2", "nmae=x",
        ] {
            let refused = try service.get("/predict/async?\(wrong)")
            #expect(refused.status == 422 && refused.code == "invalid_parameter", "\(wrong)")
        }
        let page = try service.get("/predict/async?limit=1").json
        let next = try #require(page["next_cursor"] as? String)
        let older = try service.get("/predict/async?limit=1&cursor=\(next)").json["tasks"] as? [[String: Any]]
        #expect(
            older?.count == 1
                && older?.first?["id"] as? String != (page["tasks"] as? [[String: Any]])?.first?["id"] as? String)
    }

    @Test(arguments: [
        "deadline_in=soon", "deadline_in=0", "deadline_in=-5", "deadline_in=1e99", "deadline_in=nan", "deadline_in=inf",
        "keep_for=", "keep_for=9999999999", "not_before=tomorrow", "not_before=2026-13-01T00:00:00Z",
        "not_before=1700000000", "on_invalid=ignore", "keep_input=maybe", "keep_input=1", "priority=urgent",
        "dry_run=yes", "upload=now", "name=", "id_column=", "name=a&name=b", "metadata.=x", "metadata.a=",
    ])
    func `an option that cannot be read is named`(option: String) throws {
        let service = try SharedService.service
        let refused = try service.post("/predict/async?model=sentiment&\(option)", table, type: "text/csv")
        #expect(refused.status == 422 && refused.code == "invalid_parameter", "\(refused.json)")
        let name = option.split(separator: "=")[0].split(separator: ".")[0]
        #expect(refused.detail.contains(name), "\(refused.detail)")
    }

    @Test(arguments: [
        #""deadline_in":"soon""#, #""deadline_in":0"#, #""keep_for":-1"#, #""keep_for":1e99"#, #""not_before":5"#,
        #""not_before":"tomorrow""#, #""on_invalid":"ignore""#, #""keep_input":"yes""#, #""metadata":"x""#,
        #""metadata":{"a":1}"#, #""metadata":{"":"x"}"#, #""metadata":[]"#, #""priority":"urgent""#,
        #""upload":"later""#,
        #""dry_run":1"#, #""priority":7"#,
    ])
    func `a member that cannot be read is named`(member: String) throws {
        let service = try SharedService.service
        let refused = try service.post("/predict/async", "{\"model\":\"sentiment\",\"text\":\"a\",\(member)}")
        #expect(refused.status == 422, "\(refused.json)")
        let name = member.split(separator: "\"")[0]
        #expect((refused.detail + "\(refused.errors)").contains(name), "\(refused.json)")
    }

    @Test func `options that are unknown, too many or contradict each other are refused`() throws {
        let service = try SharedService.service
        let many = (0..<17).map { "metadata.k\($0)=v" }.joined(separator: "&")
        for (query, headers) in [
            ("deadline=5", [:]), (many, [:]), ("metadata.a=" + String(repeating: "x", count: 513), [:]),
            ("metadata." + String(repeating: "x", count: 513) + "=a", [:]),
            ("model_version=v1", ["X-Model-Version": "v2"]),
        ] as [(String, [String: String])] {
            var all: HTTPHeaders = ["Content-Type": "text/csv"]
            for (name, value) in headers { all.set(name, value) }
            let refused = try service.send(
                .post, "/predict/async?model=sentiment&\(query)", all, .bytes(Array(table.utf8)))
            #expect(
                refused.status == 422 && refused.code == "invalid_parameter", "\(query.prefix(40)): \(refused.json)")
        }
        let twice = try service.post(
            "/predict/async?priority=high", #"{"model":"sentiment","text":"a","priority":"low"}"#)
        #expect(twice.status == 422, "\(twice.json)")
        let lines = try service.post(
            "/predict/async?model=sentiment&delimiter=;", "{\"text\":\"a\"}\n", type: "application/x-ndjson")
        #expect(lines.status == 422, "\(lines.json)")
        let agreed = try service.post(
            "/predict/async?priority=low", #"{"model":"sentiment","text":"a","priority":"low"}"#)
        #expect(agreed.status == 202)
        #expect(try service.get("/predict/async/\(try #require(agreed.id))").json["priority"] as? String == "low")
    }

    @Test func `rows that are late expire, and what was scored stays readable`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment&deadline_in=0.6")
        let lines = Array("{\"text\":\"good\"}\n{\"text\":\"bad\"}\n".utf8)
        #expect(try service.put(lines, to: id, from: 0, type: "application/x-ndjson").status == 200)
        let task = try service.ended(id)
        #expect(task.status == "expired" && task.addsUp, "\(task)")
        let late = try seconds(task["completed_at"]) - seconds(task["deadline_at"])
        #expect((0..<3).contains(late), "\(late)")
        #expect(abs(try seconds(task["deadline_at"]) - seconds(task["created_at"]) - 0.6) < 0.002)
        let more = try service.put(lines, to: id, from: lines.count, of: 2 * lines.count, type: "application/x-ndjson")
        #expect(more.status == 409)
        #expect(try service.results(id, "format=csv").status == 409)
        let partial = try service.results(id, "format=csv&partial=true&fields=prediction")
        #expect(partial.lines == ["prediction", "positive", "negative", ""])
        #expect(partial.headers.first("Sibyl-Rows") == "2/2")
        // Rows that no worker may touch yet are given up unscored.
        #expect(try service.post("/admin/queue/pause", #"{"model":"sentiment"}"#).status == 200)
        defer { _ = try? service.post("/admin/queue/resume", "") }  // try? because the test has failed already then
        let expired = try service.ended(try service.submit(table: table, "model=sentiment&deadline_in=0.3"))
        #expect(expired.status == "expired" && expired.addsUp)
        #expect(expired.counts["expired"] == 2, "\(expired.counts)")
        try service.waitUntilIdle()
    }

    @Test func `results are kept as long as was asked for`() throws {
        let service = try SharedService.service
        for (query, kept) in [("keep_for=90.5", 90.5), ("keep_for=31000000", 31_000_000), ("", 168.0 * 3_600)] {
            let task = try service.ended(try service.submit(table: table, "model=sentiment&\(query)"))
            let time = try seconds(task["results_until"]) - seconds(task["completed_at"])
            #expect(abs(time - kept) < 0.002, "\(query): \(time)")
        }
        let short = try service.submit(table: table, "model=sentiment&keep_for=0.001")
        try service.wait("the results to go") { try service.get("/predict/async/\(short)").status == 410 }
        #expect(try service.results(short, "format=csv").status == 410)
    }

    @Test func `rows wait for the moment before which they may not run`() throws {
        let service = try SharedService.service
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        let moment = Date(timeIntervalSinceNow: 1)
        let time = moment.formatted(style)
        let table = try service.submit(table: table, "model=sentiment&not_before=\(time)")
        let single = try #require(
            try service.post("/predict/async", #"{"model":"sentiment","text":"a","not_before":"\#(time)"}"#).id)
        let later = try service.open("model=sentiment&not_before=\(time)")
        #expect(try service.put("text\r\ngood\r\n", to: later).status == 200)
        // Another task passes them.
        _ = try service.ended(try service.submit("now"))
        let ids = [table, single, later]
        if moment.timeIntervalSinceNow > 0 {
            for id in ids { #expect(try service.get("/predict/async/\(id)").json.status == "pending") }
        }
        for id in ids {
            let task = try service.ended(id)
            #expect(task.status == "completed")
            #expect(try seconds(task["started_at"]) >= (seconds(time) - 0.002), "\(task)")
        }
        let past = try service.submit(table: self.table, "model=sentiment&not_before=2001-01-01T00:00:00Z")
        #expect(try service.ended(past).status == "completed")
    }

    /// It was accepted, and all rows expired without a word.
    @Test func `a deadline before the moment from which rows may run is refused`() throws {
        let service = try SharedService.service
        let late = "not_before=2099-01-01T00:00:00Z&deadline_in=60"
        let body = #"{"model":"sentiment","text":"good","not_before":"2099-01-01T00:00:00Z","deadline_in":60"#
        for answer in [
            try service.post("/predict/async?model=sentiment&\(late)", table, type: "text/csv"),
            try service.post("/predict/async?model=sentiment&dry_run=true&\(late)", table, type: "text/csv"),
            try service.post("/predict/async", body + "}"),
            try service.post("/predict/async", body + #","dry_run":true}"#),
            try service.send(.post, "/predict/async?model=sentiment&upload=later&\(late)", [:], .none),
        ] {
            #expect(answer.status == 422 && answer.code == "invalid_parameter", "\(answer.json)")
            #expect(answer.detail.contains("`not_before`") && answer.detail.contains("`deadline_in`"))
        }
        let soon = try service.post(
            "/predict/async?model=sentiment&not_before=2000-01-01T00:00:00Z&deadline_in=60", table, type: "text/csv")
        #expect(soon.status == 202, "\(soon.json)")
    }

    @Test func `an estimate knows before when no row may run`() throws {
        let service = try SharedService.service
        let far = try service.post(
            "/predict/async?model=sentiment&not_before=2099-01-01T00:00:00Z", table, type: "text/csv")
        let estimate = try #require(far.json["estimate"] as? [String: Any])
        #expect(try #require(estimate["seconds"] as? Double) > 86_400, "\(far.json)")
        #expect(try service.post("/predict/async/\(try #require(far.id))/cancel", "").status == 202)
    }

    @Test func `a prediction that is answered at once takes metadata, and several rows are sent to the other route`()
        throws
    {
        let service = try SharedService.service
        let one = try service.post(
            "/predict", #"{"model":"iris","data":[5.1,3.5,1.4,0.2],"metadata":{"team":"north"}}"#)
        #expect(one.status == 200, "\(one.json)")
        let id = try #require(one.json["task_id"] as? String)
        #expect(try service.get("/predict/async/\(id)").json["metadata"] as? [String: String] == ["team": "north"])
        let two = try service.post("/predict", #"{"model":"sentiment","texts":["good","bad"]}"#)
        #expect(two.status == 422 && two.code == "too_many_rows" && two.detail.contains("`/predict/batch`"))
    }

    @Test func `an option where none is known is refused in plain words, and a deleted task says that it may be`()
        throws
    {
        let service = try SharedService.service
        let id = try service.submit(table: table, "model=sentiment")
        let refused = try service.get("/predict/async/\(id)?colour=red")
        #expect(refused.status == 422 && refused.detail == "This route has no query parameters; remove `colour`.")
        #expect(try service.send(.delete, "/predict/async/\(id)", [:], .none).status == 204)
        let gone = try service.get("/predict/async/\(id)")
        #expect(gone.status == 410 && gone.detail.contains("deleted"), "\(gone.detail)")
    }

    @Test func `what an operator does with all models needs no body`() throws {
        let service = try SharedService.service
        for body in ["", "{}"] {
            #expect(try service.post("/admin/queue/pause", body).json["all_paused"] as? Bool == true)
            #expect(try service.post("/admin/queue/resume", body).json["all_paused"] as? Bool == false)
            #expect(try service.post("/admin/redrive", body).status == 202)
            #expect(try service.post("/admin/stranded/fail", body).json["failed"] as? Int == 0)
        }
    }

    @Test func `a table may be waited for`() throws {
        let service = try SharedService.service
        let answer = try service.send(
            .post, "/predict/async?model=sentiment", ["Content-Type": "text/csv", "Prefer": "wait=20"],
            .bytes(Array(table.utf8)))
        #expect(answer.status == 200, "\(answer.json)")
        #expect(answer.headers.first("Preference-Applied") == "wait=20")
        #expect(answer.json.status == "completed" && answer.json.counts["succeeded"] == 2)
        #expect(answer.headers.first("Location") == "/predict/async/\(try #require(answer.id))")
    }

    @Test func `an estimate is told, and rows always add up while they run`() throws {
        let service = try SharedService.service
        let rows = (0..<30_000).map { "good film number \($0) and a bad one\r\n" }.joined()
        let answer = try service.post("/predict/async?model=sentiment", "text\r\n" + rows, type: "text/csv")
        #expect(answer.rows("total") == 30_000)
        let estimate = try #require((answer.json["estimate"] as? [String: Any])?["seconds"] as? Double)
        #expect((0.0...60.0).contains(estimate), "\(estimate)")
        #expect((1...30).contains(try #require(answer.headers.first("Retry-After").flatMap { Int($0) })))
        let id = try #require(answer.id)
        var (last, lastShare) = (0, 0.0)
        try service.wait("the end") {
            let task = try service.get("/predict/async/\(id)").json
            #expect(task.addsUp && task.counts["total"] == 30_000, "\(task.counts)")
            let (done, share) = (task.counts["succeeded"] ?? 0, task["progress"] as? Double ?? -1)
            #expect(done >= last && share >= lastShare, "what was done stays done")
            if let eta = task["eta_seconds"] as? Double { #expect((0.0...600.0).contains(eta), "\(eta)") }
            (last, lastShare) = (done, share)
            return task["final"] as? Bool == true
        }
        #expect(last == 30_000 && lastShare == 1)
        #expect(try service.get("/predict/async/\(id)").json["eta_seconds"] as? Double == 0)
    }
}
