import Foundation
import HTTP
import TestSupport
import Testing

/// Tables and rows as other programs write them, from the request to the results.
@Suite(.serialized, .sharedService) struct TableOddityTests {
    private func post(
        _ bytes: [UInt8], _ query: String, type: String = "text/csv"
    ) throws -> (answer: ServiceUnderTest.Answer, task: [String: Any]) {
        let service = try SharedService.service
        let answer = try service.send(
            .post, "/predict/async?model=sentiment&\(query)", ["Content-Type": type], .bytes(bytes))
        guard let id = answer.id else { return (answer, [:]) }
        return (answer, try service.ended(id))
    }

    private func format(_ task: [String: Any], _ member: String) -> String? {
        (task["input_format"] as? [String: Any])?[member] as? String
    }

    private func warnings(_ task: [String: Any]) -> [String] {
        (task["warnings"] as? [[String: String]] ?? []).compactMap { $0["code"] }
    }

    // MARK: Character sets

    @Test func `a joined table keeps bytes that nobody reads, beside texts in UTF-8`() throws {
        let row = Array("r-1,M".utf8) + [0xFC] + Array("ller,\"I don\u{2019}t like it\"".utf8)
        let bytes = Array("id,name,text\r\n".utf8) + row + Array("\r\n".utf8)
        let (answer, task) = try post(bytes, "id_column=id")
        #expect(answer.status == 202 && format(task, "encoding") == "utf-8", "\(answer.json)")
        let joined = try SharedService.service.results(
            try #require(answer.id), "format=csv&join=input&fields=prediction")
        #expect(joined.bytes == Array("id,name,text,prediction\r\n".utf8) + row + Array(",negative\r\n".utf8))
    }

    @Test func `the character set of the Content-Type is used, also a form's part's, and kept for a rerun`() throws {
        let mac = Array("id,text\rr-1,caf".utf8) + [0x8E, 0xD5] + Array("s great\r".utf8)
        let (answer, task) = try post(mac, "id_column=id", type: "text/csv; charset=\"Macintosh\"")
        #expect(answer.status == 202 && format(task, "encoding") == "macintosh", "\(answer.json) \(task)")
        let rerun = try SharedService.service.post("/predict/async/\(try #require(answer.id))/rerun", "{}")
        #expect(format(try SharedService.service.ended(try #require(rerun.id)), "encoding") == "macintosh")
        let head = "--xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n"
        let form =
            Array("\(head)Content-Type: text/csv; charset=macintosh\r\n\r\n".utf8) + mac + Array("\r\n--xYz--\r\n".utf8)
        let part = try post(form, "id_column=id", type: "multipart/form-data; boundary=xYz")
        #expect(format(part.task, "encoding") == "macintosh", "\(part.answer.json)")
    }

    @Test(arguments: [
        ("text/csv; charset=x-unknown", "", 415, "unsupported_encoding"),
        ("text/csv", "encoding=x-unknown", 422, "invalid_parameter"),
        ("text/csv; charset=latin1", "encoding=utf-8", 422, "invalid_parameter"),
        ("text/csv; charset=latin1; charset=utf-8", "", 422, "invalid_parameter"),
        ("application/x-ndjson; charset=iso-8859-1", "", 415, "unsupported_encoding"),
        ("application/json; charset=iso-8859-1", "", 415, "unsupported_encoding"),
        ("text/csv; charset=utf-16//IGNORE", "", 415, "unsupported_encoding"),
    ])
    func `what is not known, or contradicts itself, is refused`(type: String, query: String, status: Int, code: String)
        throws
    {
        let answer = try post(Array("text\r\ngood\r\n".utf8), query, type: type).answer
        #expect(answer.status == status && answer.code == code, "\(answer.status) \(answer.json)")
    }

    @Test func `names of one character set may be said twice, and text that no guess fits is refused`() throws {
        let latin = Array("text\r\nd".utf8) + [0xE9, 0x6A, 0xE0, 0x0D, 0x0A]
        #expect(try post(latin, "encoding=latin1", type: "text/csv; charset=ISO-8859-1").answer.status == 202)
        let cyrillic = Array("text\r\n".utf8) + [0xD5, 0xEE, 0xF0, 0xEE, 0xF8, 0xEE, 0x0D, 0x0A]
        let refused = try post(cyrillic, "").answer
        #expect(refused.status == 422 && refused.detail.contains("`encoding`"), "\(refused.json)")
        #expect(try post(cyrillic, "encoding=cp1251").answer.status == 202)
    }

    @Test func `an upload in parts says its character set as one does`() throws {
        let service = try SharedService.service
        let id = try service.open("model=sentiment&encoding=macintosh")
        let wrong = try service.send(
            .put, "/predict/async/\(id)/input", ["Content-Type": "text/csv; charset=utf-8"],
            .bytes(Array("text\na\n".utf8)))
        #expect(wrong.status == 422, "\(wrong.json)")
        let right = try service.send(
            .put, "/predict/async/\(id)/input", ["Content-Type": "text/csv; charset=mac"],
            .bytes(Array("text\rcaf".utf8) + [0x8E, 0x0D]))
        #expect(right.status == 200, "\(right.json)")
        #expect(format(try service.ended(id), "encoding") == "macintosh")
    }

    // MARK: Lines and columns

    @Test func `Excel's line comes back where it was, and blank lines are told`() throws {
        let table = "\u{FEFF}sep=;\r\nid;text\r\n\r\na;good\r\n\r\n\r\nb;bad\r\n"
        let (answer, task) = try post(Array(table.utf8), "id_column=id")
        #expect(warnings(task) == ["blank_lines"], "\(answer.json) \(task)")
        let message = (task["warnings"] as? [[String: String]])?.first?["message"] ?? ""
        #expect(message.contains("3 blank lines") && message.contains("line 3"), "\(message)")
        let joined = try SharedService.service.results(
            try #require(answer.id), "format=csv&join=input&fields=prediction")
        #expect(
            joined.text
                == "\u{FEFF}sep=;\r\nid;text;prediction\r\n\r\na;good;positive\r\n\r\n\r\nb;bad;negative\r\n")
    }

    @Test func `a missing column names the line that mends it, and one that was filled is told`() throws {
        let service = try SharedService.service
        let missing = try service.post(
            "/predict/async?model=purchase", "weeks since,orders,spend\r\n1,2,3\r\n", type: "text/csv")
        #expect(missing.status == 422 && missing.code == "missing_column")
        #expect(
            missing.detail.contains("`map.recency=") && missing.detail.contains("Not needed: `age` (32.71 stands in)"),
            "\(missing.detail)")
        let filled = try service.post(
            "/predict/async?model=purchase&map.recency=weeks%20since", "weeks since,orders,spend\r\n1,2,3\r\n",
            type: "text/csv")
        let task = try service.ended(try #require(filled.id))
        let message = (task["warnings"] as? [[String: String]])?.first?["message"] ?? ""
        #expect(message.contains("32.71 stands in") && message.contains("`map.age=COLUMN`"), "\(message)")
    }

    // MARK: Files of other kinds

    @Test(arguments: ["text/csv", "application/x-ndjson", "application/json"])
    func `a workbook is known by its bytes, whatever it is called`(type: String) throws {
        let answer = try post(
            [0x50, 0x4B, 3, 4] + Array("xl/workbook.xml\r\n".utf8), type.hasSuffix("json") ? "" : "encoding=utf-8",
            type: type
        ).answer
        #expect(answer.status == 415 && answer.detail.contains("workbook"), "\(type): \(answer.json)")
    }

    @Test func `a header alone, and a file whose line ends were lost, are told as that`() throws {
        let alone = try post(Array("id,text\r\n".utf8), "").answer
        #expect(
            alone.status == 422 && alone.code == "no_rows" && alone.detail.contains("a header and no rows"),
            "\(alone.json)")
        let glued = try post(Array("id,textr-1,I love itr-2,bad".utf8), "").answer
        #expect(glued.status == 422 && glued.detail.contains("curl --data-binary"), "\(glued.json)")
    }

    // MARK: JSON

    @Test func `a text cut within an emoji fails alone when rows are recorded, and is 422 when they are not`() throws {
        let service = try SharedService.service
        let texts = #""texts":["I love it","cut \ud83d","bad"]"#
        let recorded = try service.post(
            "/predict/async", "{\"model\":\"sentiment\",\"on_invalid\":\"record\",\(texts)}")
        #expect(recorded.status == 202, "\(recorded.json)")
        #expect(try service.ended(try #require(recorded.id)).counts["failed"] == 1)
        let rejected = try service.post("/predict/async", "{\"model\":\"sentiment\",\(texts)}")
        #expect(
            rejected.status == 422 && rejected.errors.first?["pointer"] as? String == "/texts/1", "\(rejected.json)")
        let now = try service.post("/predict", #"{"model":"sentiment","text":"\ude00"}"#)
        #expect(now.status == 422 && now.detail.contains("surrogate"), "\(now.json)")
        let name = try service.post("/predict/async", #"{"model":"sentiment","text":"a","name":"\ud83d"}"#)
        #expect(name.status == 422 && name.detail.contains("surrogate"), "\(name.json)")
    }

    // MARK: Command line

    @Test func `the command line names its own options, and knows a workbook before it is sent`() throws {
        let service = try SharedService.service
        let folder = service.folder.path
        try Data([0x50, 0x4B, 3, 4, 0, 0, 0, 0, 0]).write(to: URL(fileURLWithPath: folder + "/x.xlsx"))
        for words in [["submit", "x.xlsx"], ["submit", "x.xlsx", "--format", "csv", "--model", "purchase"]] {
            let workbook = try service.command(words)
            #expect(workbook.code == 64 && workbook.errors.contains("workbook"), "\(workbook.errors)")
        }
        try Data("weeks_since,orders,total spend\r\n1,2,3\r\n".utf8).write(to: URL(fileURLWithPath: folder + "/c.csv"))
        let check = ["submit", "c.csv", "--model", "purchase", "--check"]
        let missing = try service.command(check)
        #expect(missing.code == 1 && missing.errors.contains("`--map recency=weeks_since`"), "\(missing.errors)")
        let checked = try service.command(check + ["--map", "recency=weeks_since"])
        #expect(checked.code == 0 && checked.output.contains("35.99 stands in"), "\(checked.output) \(checked.errors)")
    }
}
