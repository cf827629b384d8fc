import Foundation
import HTTP
import Testing

/// The caller's own table with columns added.
@Suite(.serialized, .sharedService) struct BatchJoinTests {
    /// A table with every oddity, as its records; the first is the header.
    private static let odd = [
        "\u{FEFF}\r\n\nZusatz,review,\"id, or so\",leer\r\n", "x,good,1,\r\n",
        "\"a\"\"b\",\"bad, \"\"really\"\"\",2,z\n",
        "\r\n\n\u{E4}\u{1F600},\"two\r\nlines\nthree\",3,\r\n", "only,two\r\n", " spaced , good , 5 , \n",
        "\n,\"\",\"6\",\"\"\r\n", "zu viele,good,7,8,9\r\n", "letzte,r\u{E9}ussi good,\u{FC}ber,\"\"",
    ]

    /// Checks that each record comes back with cells added before its line end, and gives those cells.
    private func added(_ records: [String], _ joined: [UInt8], tail: String = "") throws -> [String] {
        var rest = joined[...]
        var cells: [String] = []
        for record in records {
            let end = record.utf8.count - (record.hasSuffix("\r\n") ? 2 : record.hasSuffix("\n") ? 1 : 0)
            let (body, lineEnd) = (Array(record.utf8.prefix(end)), Array(record.utf8.dropFirst(end)))
            try #require(rest.starts(with: body), "\(record.debugDescription)")
            rest = rest.dropFirst(body.count)
            let stop = rest.firstIndex { $0 == 0x0A || $0 == 0x0D } ?? rest.endIndex - tail.utf8.count
            cells.append(String(decoding: rest[..<stop], as: UTF8.self))
            rest = rest[stop...]
            try #require(rest.starts(with: lineEnd), "\(record.debugDescription)")
            rest = rest.dropFirst(lineEnd.count)
        }
        #expect(Array(rest) == Array(tail.utf8), "what stands behind the last record")
        return cells
    }

    @Test func `an odd table comes back byte for byte`() throws {
        let service = try SharedService.service
        let id = try service.submit(table: Self.odd.joined(), "model=sentiment&id_column=id,%20or%20so")
        _ = try service.ended(id)
        let joined = try service.results(id, "join=input")
        #expect(joined.status == 200, "\(joined.text)")
        #expect(joined.headers.first("Content-Type") == "text/csv; charset=utf-8")
        let cells = try added(Self.odd, joined.bytes)
        #expect(cells[0] == ",prediction,score,error")
        for row in [1, 5] { #expect(cells[row].hasPrefix(",positive,0."), "\(row): \(cells[row])") }
        for row in [1, 2, 3, 5, 8] { #expect(cells[row].hasSuffix(","), "\(row): \(cells[row])") }
        #expect(cells[2].hasPrefix(",negative,0."))
        for row in [4, 7] {
            #expect(cells[row].contains(",,,") && cells[row].contains("wrong_column_count"), "\(cells[row])")
        }
        #expect(cells[6].contains("missing_input"))
        let manifest = try service.get("/predict/async/\(id)/manifest").json["input"] as? [String: Any]
        #expect(manifest?["sha256"] as? String == (try ServiceUnderTest.sha256(Array(Self.odd.joined().utf8))))
    }

    @Test func `blank lines behind the last record come back too`() throws {
        let service = try SharedService.service
        var records = Self.odd
        records[records.count - 1] += "\r\n"
        let id = try service.submit(table: records.joined() + "\n\r\n\n", "model=sentiment")
        _ = try service.ended(id)
        _ = try added(records, try service.results(id, "join=input").bytes, tail: "\n\r\n\n")
        let bad = try service.results(id, "join=input&errors_only=true&fields=error").text
        #expect(bad.hasPrefix("\u{FEFF}\r\n\nZusatz,review,\"id, or so\",leer,error\r\nonly,two,"), "\(bad)")
        #expect(bad.contains("\r\n\n,\"\",\"6\",\"\",") && !bad.contains("letzte"))
    }

    @Test func `a table that is still being uploaded is followed to its end, with all its bytes`() throws {
        let service = try SharedService.service
        let records = ["id,text\r\n"] + (0..<4_000).map { "c-\($0),\"good\r\nfilm \($0)\"\r\n" }
        let whole = Array((records.joined() + "\r\n\n").utf8)
        let id = try service.open("model=sentiment&id_column=id")
        #expect(try service.put(Array(whole[..<80_001]), to: id, from: 0).status == 200)
        let stream = try RawUpload(
            url: service.url,
            head: "GET /predict/async/\(id)/results?join=input&fields=prediction HTTP/1.1\r\nHost: localhost\r\n"
                + "Connection: close\r\n\r\n")
        let start = stream.read(upTo: "c-5,")
        #expect(start.contains("id,text,prediction\r\n"), "the rows are readable before the upload ends: \(start)")
        #expect(try service.resume(whole, to: id).status == 200)
        let rest = stream.readAll()
        stream.close()
        #expect(rest.hasSuffix("0\r\n\r\n"))
        let streamed = Self.dechunked(start + rest)
        #expect(streamed == (try service.results(id, "join=input&fields=prediction").bytes))
        let cells = try added(records, streamed, tail: "\r\n\n")
        #expect(cells == [",prediction"] + Array(repeating: ",positive", count: 4_000))
    }

    @Test func `a German table gets its own delimiter, decimal and character set`() throws {
        let service = try SharedService.service
        let text =
            "Kunde;recency;frequency;spend;age\r\nM\u{FC}ller & S\u{F6}hne;2,43;5;180,25;37,14\r\n5 \u{80};51;1;1,5;51\r\n"
        let id = try service.submit(
            table: text.unicodeScalars.map { UInt8($0.value) }, "model=purchase&id_column=Kunde")
        #expect(try service.ended(id).status == "completed")
        let joined = try service.results(id, "join=input")
        #expect(joined.headers.first("Content-Type") == "text/csv; charset=windows-1252")
        let lines = String(String.UnicodeScalarView(joined.bytes.map { Unicode.Scalar($0) })).components(
            separatedBy: "\r\n")
        #expect(lines[0] == "Kunde;recency;frequency;spend;age;prediction;score;error")
        #expect(
            lines[1].wholeMatch(of: /M\u{FC}ller & S\u{F6}hne;2,43;5;180,25;37,14;yes;0,[0-9]+;/) != nil, "\(lines[1])")
        #expect(lines[2].wholeMatch(of: /5 \u{80};51;1;1,5;51;no;0,[0-9]+;/) != nil, "\(lines[2])")
        let own = try service.results(id, "format=csv")
        #expect(own.lines[1].hasPrefix("M\u{FC}ller & S\u{F6}hne,yes,0."), "\(own.text)")
    }

    @Test(arguments: [true, false])
    func `a table of UTF-16 comes back as one`(isBigEndian: Bool) throws {
        let service = try SharedService.service
        let text = "\u{FEFF}id\ttext\r\n1\tgr\u{FC}n \u{1F600} good\r\n2\t \r\n"
        let bytes = text.utf16.flatMap {
            isBigEndian ? [UInt8($0 >> 8), UInt8($0 & 255)] : [UInt8($0 & 255), UInt8($0 >> 8)]
        }
        let id = try service.submit(table: bytes, "model=sentiment")
        _ = try service.ended(id)
        let joined = try service.results(id, "join=input&fields=prediction")
        #expect(joined.headers.first("Content-Type") == "text/csv; charset=utf-16")
        let data = Data(joined.bytes)
        let back = String(data: data, encoding: isBigEndian ? .utf16BigEndian : .utf16LittleEndian)
        #expect(
            back?.replacing("\u{FEFF}", with: "")
                == "id\ttext\tprediction\r\n1\tgr\u{FC}n \u{1F600} good\tpositive\r\n2\t \t\r\n")
    }

    @Test func `names that are there already are told, and a prefix keeps them apart`() throws {
        let service = try SharedService.service
        let id = try service.submit(table: "text,Score,PREDICTION\r\ngood,1,2\r\n", "model=sentiment")
        _ = try service.ended(id)
        let collision = try service.results(id, "join=input")
        #expect(collision.status == 422 && collision.code == "duplicate_column", "\(collision.text)")
        #expect(collision.text.contains("`prediction`") && collision.text.contains("`score`"))
        let prefixed = try service.results(id, "join=input&prefix=sibyl_")
        #expect(prefixed.lines[0] == "text,Score,PREDICTION,sibyl_prediction,sibyl_score,sibyl_error")
        #expect(try service.results(id, "join=input&fields=error").lines[0] == "text,Score,PREDICTION,error")
        #expect(try service.results(id, "join=input&fields=prediction").status == 422)
        #expect(try service.results(id, "join=input&prefix=" + String(repeating: "x", count: 65)).status == 422)
    }

    @Test func `a byte order mark is added once, where it was asked for`() throws {
        let service = try SharedService.service
        for start in ["", "\u{FEFF}"] {
            let id = try service.submit(table: start + "text\r\ngood\r\n", "model=sentiment")
            _ = try service.ended(id)
            let marked = try service.results(id, "join=input&bom=true").bytes
            #expect(marked.starts(with: Array("\u{FEFF}text,".utf8)), "\(start.count)")
            #expect(try service.results(id, "join=input").bytes.starts(with: Array((start + "text,").utf8)))
            #expect(try service.results(id, "format=csv&bom=true").bytes.starts(with: Array("\u{FEFF}row,".utf8)))
        }
    }

    @Test func `columns are chosen, and a threshold turns labels`() throws {
        let service = try SharedService.service
        let table = "recency,frequency,spend,age\r\n2.43,5,180.25,37.14\r\n51,1,1.5,51\r\n"
        let id = try service.submit(table: table, "model=purchase")
        _ = try service.ended(id)
        func header(_ query: String) throws -> String { try service.results(id, query).lines[0] }
        let own = "recency,frequency,spend,age"
        #expect(try header("join=input") == own + ",prediction,score,error")
        #expect(try header("join=input&probabilities=none") == own + ",prediction,score,error")
        #expect(try header("join=input&probabilities=all") == own + ",prediction,score,no,yes,error")
        #expect(try header("join=input&probabilities=top:1") == own + ",prediction,score,label_1,probability_1,error")
        #expect(try header("join=input&fields=confidence,yes") == own + ",confidence,yes")
        #expect(try header("format=csv&probabilities=none") == "row,prediction,score,confidence,error")
        #expect(
            try header("format=csv&probabilities=top:9")
                == "row,prediction,score,confidence,label_1,probability_1,label_2,probability_2,error")
        #expect(try header("format=csv&fields=score,row") == "row,score")
        for wrong in [
            "fields=nothing", "probabilities=top:0", "probabilities=some", "threshold=2", "threshold=x", "bom=1",
            "join=output", "prefix=", "join=input&format=ndjson", "partial=yes",
        ] {
            #expect(try service.results(id, "format=csv&\(wrong)").status == 422, "\(wrong)")
        }
        func labels(_ query: String) throws -> [String?] {
            try service.results(id, "format=csv&fields=prediction\(query)").lines.dropFirst().dropLast().map { $0 }
        }
        #expect(try labels("") == ["yes", "no"])
        #expect(try labels("&threshold=0") == ["yes", "yes"])
        #expect(try labels("&threshold=1") == ["no", "no"])
        let page = try service.get("/predict/async/\(id)/results?threshold=1").json
        #expect(page["threshold"] as? Double == 1)
        let rows = page["results"] as? [[String: Any]] ?? []
        #expect(rows.map { $0["prediction"] as? String } == ["no", "no"])
        let (confidence, score) = (rows.first?["confidence"] as? Double ?? 0, rows.first?["score"] as? Double ?? 0)
        #expect(abs(confidence + score - 1) < 1e-5, "confidence is that of the label that is shown")
        #expect(try service.results(id, "format=csv&threshold=0.5").headers.first("Sibyl-Threshold") == "0.5")
        let other = try service.submit(table: "text\r\ngood\r\n", "model=sentiment")
        _ = try service.ended(other)
        #expect(try service.results(other, "format=csv&threshold=0.5").status == 422)
    }

    @Test func `what came otherwise or was not kept cannot be joined`() throws {
        let service = try SharedService.service
        let lines = try service.submit(table: "{\"text\":\"good\"}\n", "model=sentiment", type: "application/x-ndjson")
        let json = try #require(try service.post("/predict/async", #"{"model":"sentiment","texts":["a","b"]}"#).id)
        let single = try service.submit("good")
        let forgotten = try service.submit(table: "text\r\ngood\r\n", "model=sentiment&keep_input=false")
        for id in [lines, json, single, forgotten] {
            _ = try service.ended(id)
            let joined = try service.results(id, "join=input")
            #expect(joined.status == 409 || joined.status == 422, "\(joined.text)")
            #expect(try service.results(id, "format=csv").status == 200)
        }
    }

    @Test func `pages of a joined table make the whole`() throws {
        let service = try SharedService.service
        let table = "id,text\r\n" + (0..<25).map { "\($0),good\r\n" }.joined()
        let id = try service.submit(table: table, "model=sentiment")
        _ = try service.ended(id)
        var (rows, address): ([String], String?) = (
            [], "/predict/async/\(id)/results?join=input&fields=prediction&limit=10"
        )
        var pages = 0
        while let path = address, pages < 9 {
            let page = try service.file(path)
            pages += 1
            rows += page.lines.filter { !$0.isEmpty && $0 != "id,text,prediction" }
            let link = page.headers.first("Link")
            address = link.flatMap { $0.firstMatch(of: /<([^>]*)>; rel="next"/).map { String($0.1) } }
        }
        #expect(rows == (0..<25).map { "\($0),good,positive" })
        #expect(pages == 3)
    }

    @Test func `an answer is compressed when that is asked for`() throws {
        let service = try SharedService.service
        let table = "id,text\r\n" + (0..<2_000).map { "\($0),good\r\n" }.joined()
        let id = try service.submit(table: table, "model=sentiment")
        _ = try service.ended(id)
        // The client asks for gzip and takes it apart.
        let packed = try service.results(id, "join=input&fields=prediction")
        #expect(packed.headers.first("Content-Encoding") == "gzip")
        #expect(packed.headers.first("Vary")?.contains("Accept-Encoding") == true)
        let plain = try service.file(
            "/predict/async/\(id)/results?join=input&fields=prediction", ["Accept-Encoding": "identity"])
        #expect(plain.headers.first("Content-Encoding") == nil)
        #expect(plain.bytes == packed.bytes)
        #expect(plain.lines.count == 2_002)
    }

    /// The body of an answer that came in chunks.
    private static func dechunked(_ answer: String) -> [UInt8] {
        guard let head = answer.range(of: "\r\n\r\n") else { return [] }
        var (rest, body): (ArraySlice<UInt8>, [UInt8]) = (Array(answer[head.upperBound...].utf8)[...], [])
        while let end = rest.firstIndex(of: 0x0D),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0
        {
            rest = rest[(end + 2)...]
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return body
    }
}

extension RawUpload {
    /// What comes until some text has come, or the other side closes.
    func read(upTo text: String) -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(text), let more = readSome() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }
}
