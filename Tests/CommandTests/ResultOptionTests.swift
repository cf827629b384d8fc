import Foundation
import HTTP
import Testing

/// What a caller says about results: what means something, and what is refused because it does not.
@Suite(.serialized, .sharedService) struct ResultOptionTests {
    private static let table = "Customer_ID,text,note\r\nc-1,good,x\r\nc-2,bad,y\r\n"

    private func scored(_ table: String, _ query: String, type: String = "text/csv") throws -> String {
        let service = try SharedService.service
        let id = try service.submit(table: table, query, type: type)
        _ = try service.ended(id)
        return id
    }

    private func header(_ id: String, _ query: String = "") throws -> String {
        try SharedService.service.results(id, "format=csv&fields=id,prediction\(query)").lines[0]
    }

    @Test func `the id column bears the caller's own name`() throws {
        let service = try SharedService.service
        let id = try scored(Self.table, "model=sentiment&id_column=customer_id")
        let whole = try service.results(id, "format=csv").lines
        #expect(whole[0].hasPrefix("Customer_ID,prediction,"), "\(whole[0])")
        #expect(whole[1].hasPrefix("c-1,positive,"))
        #expect(try header(id) == "Customer_ID,prediction")
        let own = try service.results(id, "format=csv&fields=prediction,Customer_ID")
        #expect(own.status == 200 && own.lines[0] == "Customer_ID,prediction", "\(own.text)")
        // Of nothing, too.
        let none = try service.results(id, "format=csv&errors_only=true")
        #expect(none.lines[0].hasPrefix("Customer_ID,prediction,"), "\(none.text)")
        let page = try service.results(id, "format=csv&limit=1&cursor=0.1.0")
        #expect(page.lines[0].hasPrefix("Customer_ID,") && page.lines[1].hasPrefix("c-2,"))

        let lines = try scored(
            #"{"customer":"c-1","text":"good"}"# + "\n", "model=sentiment&id_column=customer",
            type: "application/x-ndjson")
        #expect(try header(lines) == "customer,prediction")
        let plain = try scored(Self.table, "model=sentiment")
        #expect(try service.results(plain, "format=csv").lines[0].hasPrefix("row,prediction,"))
        let json = try #require(
            try service.post("/predict/async", #"{"model":"sentiment","inputs":[{"id":"a","text":"good"}]}"#).id)
        _ = try service.ended(json)
        #expect(try header(json) == "id,prediction")
        // A name that a column of the answer has would be there twice.
        let twin = try scored("prediction,text\r\nc-1,good\r\n", "model=sentiment&id_column=prediction")
        #expect(try header(twin) == "id,prediction")
        let odd = try scored(
            "\"the; \"\"id\"\", or so\",text\r\nc-1,good\r\n", "model=sentiment&id_column=the;%20%22id%22,%20or%20so")
        #expect(try header(odd) == "\"the; \"\"id\"\", or so\",prediction")
    }

    @Test(arguments: [
        "prefix=p_", "format=csv&prefix=p_", "format=ndjson&prefix=p_", "bom=true", "format=ndjson&bom=true",
        "format=ndjson&bom=false", "partial=true", "format=json&partial=false", "format=csv&limit=5&partial=true",
        "format=ndjson&limit=5&partial=true", "delimiter=;", "format=ndjson&decimal=,", "format=json&encoding=utf-8",
        "join=input&delimiter=;", "join=input&decimal=,", "join=input&encoding=utf-8", "format=csv&delimiter=auto",
        "format=csv&delimiter=x", "format=csv&decimal=;", "format=csv&encoding=klingon",
        "format=csv&encoding=windows-1252&bom=true", "format=csv&encoding=utf-16&bom=false", "format=csv&encoding=auto",
    ])
    func `an option that means nothing where it stands is refused by its name`(query: String) throws {
        let service = try SharedService.service
        let id = try scored(Self.table, "model=sentiment&id_column=Customer_ID")
        let refused = try service.results(id, query)
        #expect(refused.status == 422 && refused.code == "invalid_parameter", "\(query): \(refused.text)")
    }

    @Test func `probabilities of a model that gives none mean nothing`() throws {
        let service = ServiceUnderTest()
        let models = ["--models", ServiceUnderTest.root + "/Tests/CommandTests/models"]
        try service.startAPI(models)
        try service.startWorker("worker", models)
        let id = try service.submit(table: "x\n1\n", "model=faulty")
        _ = try service.ended(id)
        #expect(try service.results(id, "format=csv&probabilities=all").status == 422)
        #expect(try service.results(id, "probabilities=none").status == 422)
        #expect(try service.results(id, "format=csv").status == 200)
    }

    @Test func `plain results come in the dialect of another country`() throws {
        let service = try SharedService.service
        let table =
            "Kunde;recency;frequency;spend;age\r\nM\u{FC}ller;2,43;5;180,25;37,14\r\n\"\u{416};x\";51;1;1,5;51\r\n"
        let id = try scored(table, "model=purchase&id_column=Kunde")
        let fields = "format=csv&fields=id,prediction,score"
        let plain = try service.results(id, fields).lines
        #expect(plain[1].wholeMatch(of: /M\u{FC}ller,yes,0\.[0-9]+/) != nil, "\(plain)")
        let german = try service.results(id, fields + "&decimal=,")
        #expect(german.lines[0] == "Kunde;prediction;score")
        #expect(german.lines[1].wholeMatch(of: /M\u{FC}ller;yes;0,[0-9]+/) != nil, "\(german.text)")
        #expect(german.lines[2].hasPrefix("\"\u{416};x\";no;0,"))
        let both = try service.results(id, fields + "&decimal=,&delimiter=,").lines
        #expect(both[1].wholeMatch(of: /M\u{FC}ller,yes,"0,[0-9]+"/) != nil, "\(both)")
        let tab = try service.results(id, fields + "&delimiter=tab").lines
        #expect(tab[0] == "Kunde\tprediction\tscore")
        let marked = try service.results(id, fields + "&bom=true")
        #expect(marked.bytes.starts(with: [0xEF, 0xBB, 0xBF]) && !marked.text.dropFirst().contains("\u{FEFF}"))
        let wide = try service.results(id, fields + "&encoding=utf-16&delimiter=tab")
        #expect(wide.headers.first("Content-Type") == "text/csv; charset=utf-16")
        #expect(wide.bytes.prefix(2) == [0xFF, 0xFE])
        #expect(
            String(data: Data(wide.bytes), encoding: .utf16)?.components(separatedBy: "\r\n").prefix(2).last == tab[1])
        let narrow = try service.results(id, fields + "&encoding=windows-1252&decimal=,&delimiter=;")
        #expect(narrow.headers.first("Content-Type") == "text/csv; charset=windows-1252")
        let text = String(String.UnicodeScalarView(narrow.bytes.map { Unicode.Scalar($0) })).components(
            separatedBy: "\r\n")
        #expect(text[1].hasPrefix("M\u{FC}ller;yes;0,"))
        // What the character set lacks is written out, so that two ids never become one.
        #expect(text[2].hasPrefix("\"\\u0416;x\";no;0,"), "\(text[2])")
        // Pages are written alike.
        let page = try service.results(id, fields + "&decimal=,&limit=1")
        #expect(
            page.headers.first("Link")?.contains("decimal=%2C") == true && page.lines[0] == "Kunde;prediction;score")
    }
}
