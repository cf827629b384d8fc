import Foundation
import HTTP
import Testing

/// Files sent as a form, as `curl -F file=@customers.csv` does, and the ways that are not taken.
@Suite(.serialized, .sharedService) struct BatchFormTests {
    private func form(_ parts: (head: String, body: String)...) -> [UInt8] {
        Array((parts.map { "--xYz\r\n\($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + "--xYz--\r\n").utf8)
    }

    private func post(_ body: [UInt8], _ query: String = "model=sentiment") throws -> ServiceUnderTest.Answer {
        try SharedService.service.send(
            .post, "/predict/async?\(query)", ["Content-Type": "multipart/form-data; boundary=xYz"], .bytes(body))
    }

    private let table = "id,text\r\na,good\r\n\r\nb,\"x\r\n--xY\r\ny\"\r\n"
    private func head(_ name: String, _ file: String? = nil, type: String? = nil) -> String {
        "Content-Disposition: form-data; name=\"\(name)\"" + (file.map { "; filename=\"\($0)\"" } ?? "")
            + (type.map { "\r\nContent-Type: \($0)" } ?? "")
    }

    @Test func `a table is known by its type or by its name`() throws {
        let service = try SharedService.service
        for part in [
            head("file", "a.csv", type: "text/csv"), head("file", "a.csv", type: "application/octet-stream"),
            head("file", "A.CSV"), head("file", "a", type: "text/csv; charset=utf-8"), head("file", "a.txt"),
        ] {
            let answer = try post(form((part, table)), "model=sentiment&id_column=id")
            #expect(answer.status == 202, "\(part): \(answer.json)")
            let id = try #require(answer.id)
            #expect(try service.ended(id).counts["total"] == 2)
            let manifest = try service.get("/predict/async/\(id)/manifest").json["input"] as? [String: Any]
            #expect(manifest?["sha256"] as? String == (try ServiceUnderTest.sha256(Array(table.utf8))), "\(part)")
            #expect(manifest?["bytes"] as? Int == table.utf8.count)
        }
        let lines = try post(form((head("file", "a.jsonl"), "{\"text\":\"good\"}\n")))
        #expect(lines.status == 202, "\(lines.json)")
    }

    @Test func `a form with anything else is refused with its reason`() throws {
        for (name, body) in [
            ("another part", form((head("upload", "a.csv"), table))),
            ("a second part", form((head("file", "a.csv"), table), (head("model"), "sentiment"))),
            ("a field before", form((head("model"), "sentiment"), (head("file", "a.csv"), table))),
            ("no part", Array("--xYz--\r\n".utf8)),
            ("no end", Array("--xYz\r\n\(head("file", "a.csv"))\r\n\r\ntext\r\ngood\r\n".utf8)),
            ("no boundary at all", Array("text\r\ngood\r\n".utf8)),
        ] {
            let answer = try post(body)
            #expect((400..<500).contains(answer.status), "\(name): \(answer.status) \(answer.json)")
            #expect(!answer.detail.isEmpty, "\(name)")
        }
        let workbook = try post(
            form(
                (
                    head("file", "a.xlsx", type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
                    "PK"
                )))
        #expect(workbook.status == 415 && workbook.detail.contains("CSV UTF-8"), "\(workbook.json)")
        #expect((try SharedService.service.get("/health")).waitingRows == 0)
    }

    @Test func `what cannot be read names what can`() throws {
        let service = try SharedService.service
        let workbook = try service.post(
            "/predict/async?model=sentiment", "PK",
            type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
        #expect(workbook.status == 415 && workbook.detail.contains("CSV UTF-8"), "\(workbook.detail)")
        for type in ["application/x-www-form-urlencoded", "application/octet-stream"] {
            let answer = try service.post("/predict/async?model=sentiment", "text=a", type: type)
            #expect(answer.status == 415, "\(type)")
            for known in ["application/json", "text/csv", "application/x-ndjson", "multipart/form-data"] {
                #expect(answer.detail.contains(known), "\(type): \(answer.detail)")
            }
        }
        let put = try service.send(
            .put, "/predict/async", ["Content-Type": "text/csv"], .bytes(Array("text\r\na\r\n".utf8)))
        #expect(put.status == 405)
        #expect(put.headers.first("Allow")?.contains("POST") == true, "\(put.headers)")
    }
}
