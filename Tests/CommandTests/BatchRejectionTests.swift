import Foundation
import HTTP
import Testing

/// Batches of which one bad row refuses all, and those of which bad rows fail alone.
@Suite(.serialized, .sharedService) struct BatchRejectionTests {
    /// A table of which every third row is blank.
    private func table(rows: Int, padding: Int = 0) -> String {
        let good = "good" + String(repeating: " film", count: padding / 5)
        return "text\r\n" + (0..<rows).map { $0 % 3 == 2 ? "\" \"\r\n" : "\(good) \($0)\r\n" }.joined()
    }

    @Test func `of JSON one bad row refuses all, unless it is to fail alone`() throws {
        let service = try SharedService.service
        let rows = #""texts":["good"," ","bad"]"#
        let refused = try service.post("/predict/async", #"{"model":"sentiment",\#(rows)}"#)
        #expect(refused.status == 422 && refused.code == "invalid_rows", "\(refused.json)")
        #expect(refused.errors.map { $0["pointer"] as? String } == ["/texts/1"])
        let taken = try service.post("/predict/async", #"{"model":"sentiment","on_invalid":"record",\#(rows)}"#)
        let id = try #require(taken.id, "\(taken.json)")
        #expect(try service.ended(id).status == "completed_with_errors")
        #expect(try service.objects(id).map(\.status) == ["succeeded", "failed", "succeeded"])
        #expect(try service.objects(id)[1].failure == "blank_text")
    }

    @Test(arguments: ["text/csv", "application/x-ndjson"], [30, 400, 6_000])
    func `a strict stream is refused whole, and nothing of it was scored`(type: String, rows: Int) throws {
        let service = try SharedService.service
        var body = table(rows: rows, padding: rows > 1_000 ? 80 : 0)
        if type != "text/csv" {
            body = body.split(separator: "\r\n").dropFirst()
                .map { "{\"text\":\"\($0.replacing("\"", with: ""))\"}\n" }.joined()
        }
        let name = "strict-\(type.suffix(3))-\(rows)"
        let refused = try service.post(
            "/predict/async?model=sentiment&on_invalid=reject&name=\(name)", body, type: type)
        #expect(refused.status == 422 && refused.code == "invalid_rows", "\(refused.json)")
        #expect(refused.errors.count == min(rows / 3, 100))
        #expect(refused.errors.first?["row"] as? Int == 2)
        #expect(refused.errors.first?["line"] as? Int == (type == "text/csv" ? 4 : 3))
        #expect(refused.errors.last?["row"] as? Int == min(rows / 3, 100) * 3 - 1)
        // Reading ends with as many bad rows as are named: then the counts are of what was read, and say so.
        #expect(refused.detail.contains(rows < 100 ? "10 of 30 rows" : " of the first "), "\(refused.detail)")
        try service.waitUntilIdle()
        let tasks = try service.get("/predict/async?name=\(name)").json["tasks"] as? [[String: Any]] ?? []
        for task in tasks {
            let ended = try service.ended(try #require(task["id"] as? String))
            #expect(ended.status == "failed" && ended.failure == "invalid_rows", "\(ended)")
            #expect(ended.counts["succeeded"] == 0 && ended.counts["failed"] == 0 && ended.addsUp)
            #expect(ended["started_at"] is NSNull)
        }
    }

    @Test func `a strict stream without a bad row is scored at its end and not before`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment&on_invalid=reject")
        let whole = Array(("text\r\n" + String(repeating: "a good film for a good evening\r\n", count: 4_000)).utf8)
        #expect(try service.put(Array(whole[..<90_000]), to: id, from: 0).status == 200)
        // A task that comes later is done first: the strict one waits for its end.
        _ = try service.ended(try service.submit("another"))
        let held = try service.get("/predict/async/\(id)").json
        #expect(held.counts["succeeded"] == 0 && held.counts["pending"] ?? 0 > 0 && held.addsUp)
        #expect(try service.resume(whole, to: id).status == 200)
        #expect(try service.ended(id).counts["succeeded"] == 4_000)
    }

    @Test func `a bad row of an earlier part refuses the whole at its end`() throws {
        let service = try SharedService.service
        let many = String(repeating: "x,\"a good film\r\nfor a good evening\"\r\n", count: 2_500)
        let start = "id,text\r\n" + many
        let whole = Array((start + "c, \r\nd,bad\r\ne,\r\nf,good\r\n").utf8)
        let id = try service.open("model=sentiment&id_column=id&on_invalid=reject")
        var offset = 0
        for end in [start.utf8.count - 20, start.utf8.count + 7, start.utf8.count + 15] {
            let part = try service.put(Array(whole[offset..<end]), to: id, from: offset)
            #expect(part.status == 200, "\(part.json)")
            offset = try service.offset(id)
        }
        let last = try service.put(Array(whole[offset...]), to: id, from: offset, of: whole.count)
        #expect(last.status == 422 && last.code == "invalid_rows", "\(last.json)")
        #expect(last.errors.map { $0["row"] as? Int } == [2_500, 2_502])
        #expect(last.errors.map { $0["line"] as? Int } == [5_002, 5_004])
        let task = try service.ended(id)
        #expect(task.status == "failed" && task.failure == "invalid_rows" && task.addsUp)
        #expect(task.counts["succeeded"] == 0)
        #expect(task["started_at"] is NSNull)
        try service.waitUntilIdle()
    }

    @Test func `a single bad row of a strict stream is named with its line`() throws {
        let service = try SharedService.service
        let refused = try service.post(
            "/predict/async?model=sentiment&on_invalid=reject", "text\r\n\" \"\r\n", type: "text/csv")
        #expect(refused.status == 422 && refused.code == "blank_text", "\(refused.json)")
        #expect(refused.errors.map { $0["line"] as? Int } == [2], "\(refused.json)")
    }
}
