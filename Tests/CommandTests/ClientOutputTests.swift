import Core
import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

/// What the client commands print and write: for people, for programs, and never over a file that somebody needs.
@Suite(.serialized) struct ClientOutputTests {
    private func start(_ options: [String] = []) throws -> ServiceUnderTest {
        let service = ServiceUnderTest()
        try service.startAPI(options)
        try service.startWorker()
        return service
    }

    private func write(_ text: String, to name: String, _ service: ServiceUnderTest) throws {
        try text.write(toFile: service.folder.path + "/" + name, atomically: true, encoding: .utf8)
    }

    private static let customers =
        "id,recency,frequency,spend,age\r\nc-1,2.43,5,180.25,37.14\r\nc-2,51,1,1.5,51\r\nc-3,-1,1,1,1\r\n"

    /// Runs a command on a terminal of its own.
    private func onTerminal(_ service: ServiceUnderTest, _ words: [String]) throws -> [String] {
        let line = ([ServiceUnderTest.program] + words + ["--url", service.url]).joined(separator: " ")
        let output = try ServiceUnderTest.pipe([], through: "script", "-qec", line, "/dev/null")
        let text = String(decoding: output, as: UTF8.self).replacing("\r\u{1B}[K", with: "")
        return text.split(whereSeparator: \.isNewline).map(String.init)
    }

    @Test func `a row is printed with its id, its prediction and the number to sort by`() throws {
        // The story: `no 0.790` stood there for a score of 0.2096, without a header; sorted, sure non-buyers came first.
        let service = try start()
        try write(Self.customers, to: "c.csv", service)
        let words = ["submit", "c.csv", "--model", "purchase", "--id-column", "id", "--wait"]
        #expect(try service.command(words).code == 2)
        let id = try service.command(["status", "@last", "--json"]).output
        let task = try #require(id.firstMatch(of: /"id":"([^"]+)"/).map { String($0.1) })
        let scores = try service.objects(task).map { $0["score"] as? Double }
        let lines = try service.command(["results", task]).output.split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 4 && lines[3].isEmpty)
        for (row, label) in [(0, "yes"), (1, "no")] {
            let cells = lines[row].split(separator: "\t", omittingEmptySubsequences: false)
            #expect(cells.map(String.init).prefix(2) == ["c-\(row + 1)", label])
            #expect(cells.count == 3 && Double(cells[2]) == scores[row], "\(lines[row])")
        }
        #expect(lines[2].hasPrefix("c-3\tfailed: ") && lines[2].hasSuffix("\t"))

        let shown = try onTerminal(service, ["results", task])
        #expect(shown.count == 4, "\(shown)")
        #expect(shown[0].wholeMatch(of: /id +prediction +score/) != nil, "\(shown)")
        #expect(shown[2].wholeMatch(of: /c-2 +no +0\.\d{4}/) != nil, "\(shown)")
        let starts = shown.prefix(3).map {
            $0.split(separator: " ").last.map { $0.startIndex.utf16Offset(in: shown[0]) }
        }
        #expect(Set(starts).count == 1, "the columns stand below one another: \(shown)")

        // Without a positive label the confidence stands there, and without ids the row.
        let iris = try #require(
            try service.post("/predict/async", #"{"model":"iris","data":[5.1,3.5,1.4,0.2]}"#).id)
        _ = try service.ended(iris)
        #expect(try onTerminal(service, ["results", iris])[0].wholeMatch(of: /row +prediction +confidence/) != nil)
        #expect(try service.command(["results", iris]).output.hasPrefix("0\tsetosa\t0.97"))
        let preview = try service.command(["submit", "c.csv", "--model", "purchase", "--id-column", "id", "--check"])
        #expect(preview.output.contains("c-2\tno\t0."), "\(preview.output)")
    }

    @Test func `a file that is there stays, unless it is to be replaced, and the input always does`() throws {
        let service = try start()
        let folder = service.folder.path
        try write("text\r\ngood\r\n", to: "in.csv", service)
        try write("precious", to: "there.csv", service)
        try write("precious", to: "new.csv.part", service)
        for (name, target) in [("soft.csv", "in.csv"), ("there-too.csv", "there.csv"), ("dangling.csv", "nowhere.csv")]
        {
            #expect(symlink(target, folder + "/" + name) == 0)
        }
        #expect(link(folder + "/in.csv", folder + "/hard.csv") == 0)
        let submit = ["submit", "in.csv", "--model", "sentiment"]
        for name in ["in.csv", "soft.csv", "hard.csv", "./in.csv", folder + "/in.csv"] {
            for force in [[], ["--force"]] {
                let refused = try service.command(submit + ["--out", name] + force)
                #expect(refused.code == 64 && refused.output.isEmpty, "\(name) \(force): \(refused)")
            }
        }
        for name in ["there.csv", "there-too.csv", "dangling.csv"] {
            let refused = try service.command(submit + ["--out", name])
            #expect(refused.code == 64 && refused.errors.contains("--force"), "\(name): \(refused)")
        }
        #expect(try service.get("/predict/async").json["tasks"] as? [String] == [], "nothing was submitted")
        let made = try service.command(submit + ["--out", "new.csv"])
        #expect(made.code == 0)
        #expect(made.errors == "sibyl: new.csv: 1 row, 0 failed, 0 warnings\n")
        #expect(try service.text(of: "new.csv").hasPrefix("text,prediction,"))
        #expect(try service.text(of: "new.csv.part") == "precious")
        #expect(try service.command(["results", "@last", "--out", "new.csv"]).code == 64)
        let astray = try service.command(submit + ["--out", "dangling.csv", "--force"])
        #expect(astray.code == 64 && astray.errors.contains("leads nowhere"), "\(astray)")
        #expect(chmod(folder + "/there.csv", 0o640) == 0)
        #expect(try service.command(submit + ["--out", "there-too.csv", "--force"]).code == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: folder + "/there.csv")[.posixPermissions] as? Int
        #expect(mode == 0o640, "who may read the old file may read the new one, and nobody else")
        // The link stays one, and the file that it leads to is new.
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/there-too.csv") == "there.csv")
        #expect(try service.text(of: "there.csv") == service.text(of: "new.csv"))
        #expect(try service.text(of: "in.csv") == "text\r\ngood\r\n")
        #expect(try service.command(["results", "@last", "--force"]).code == 64)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".part") }
        #expect(left == ["new.csv.part"])
    }

    @Test func `a file ends with a line that says what is in it`() throws {
        let service = try start()
        try write("id,text\r\na,good\r\na,\" \"\r\n", to: "in.csv", service)
        let words = ["submit", "in.csv", "--model", "sentiment", "--id-column", "id", "--out", "out.csv"]
        #expect(try service.command(words).errors.hasSuffix("sibyl: out.csv: 2 rows, 1 failed, 1 warning\n"))
        let errors = try service.command(["results", "@last", "--out", "bad.csv", "--errors"])
        #expect(errors.errors == "sibyl: bad.csv: 1 row, 1 failed, 1 warning\n")
        let bad = (0..<38).map { _ in "x,\" \"\r\n" }.joined()
        try write("id,text\r\n" + bad + "y,good\r\n", to: "bad-in.csv", service)
        let refused = try service.command(
            ["submit", "bad-in.csv", "--model", "sentiment", "--on-invalid", "reject", "--wait"])
        #expect(refused.code == 1 && refused.errors.contains("first 10 of 38"), "\(refused.errors)")
        let check = try service.command(["submit", "bad-in.csv", "--model", "sentiment", "--check"])
        #expect(check.output.contains("first 10 of 38"), "\(check.output)")
    }

    @Test func `another country's spreadsheet gets its own dialect`() throws {
        let service = try start()
        try write(Self.customers, to: "c.csv", service)
        let submit = ["submit", "c.csv", "--model", "purchase", "--id-column", "id"]
        #expect(try service.command(submit + ["--out", "marked.csv", "--bom"]).code == 2)
        let marked = try Data(contentsOf: URL(fileURLWithPath: service.folder.path + "/marked.csv"))
        #expect(marked.starts(with: [0xEF, 0xBB, 0xBF]))
        let results = ["results", "@last", "--format", "csv", "--fields", "id,score"]
        let german = try service.command(results + ["--decimal", ","]).output
        #expect(german.hasPrefix("id;score\r\nc-1;0,"), "\(german)")
        let tabs = try service.command(results + ["--delimiter", "tab", "--bom"]).output
        #expect(tabs.hasPrefix("\u{FEFF}id\tscore\r\nc-1\t0."), "\(tabs)")
        #expect(try service.command(results + ["--encoding", "utf-16", "--out", "wide.csv"]).code == 0)
        let wide = try Data(contentsOf: URL(fileURLWithPath: service.folder.path + "/wide.csv"))
        #expect(String(data: wide, encoding: .utf16)?.hasPrefix("id,score\r\nc-1,0.") == true)
        for wrong in [
            ["results", "@last", "--decimal", ","], ["results", "@last", "--join", "--delimiter", ";"],
            ["results", "@last", "--format", "ndjson", "--bom"], ["results", "@last", "--prefix", "x_"],
            ["results", "@last", "--limit", "3", "--partial"], submit + ["--out", "x.ndjson", "--bom"],
            submit + ["--out", "x.ndjson", "--prefix", "p_"], submit + ["--bom"],
        ] {
            let refused = try service.command(wrong)
            #expect(refused.code == 64, "\(wrong): \(refused)")
        }
    }

    @Test func `the reason why a full service takes no more reaches the person`() throws {
        let service = ServiceUnderTest()
        try service.startAPI(["--max-stored-mb", "1"])
        let file = try service.customers(60_000)
        // Rows wait for room, and none comes without a worker.
        let refused = try service.command(["submit", file, "--model", "purchase", "--timeout", "33"])
        #expect(refused.code == 124, "\(refused)")
        #expect(refused.errors.contains("database is full (1 MiB)"), "\(refused.errors)")
        #expect(refused.errors.contains("--resume"), "\(refused.errors)")
        #expect(refused.errors.contains("The service takes no more for now"), "\(refused.errors)")
        #expect(refused.errors.components(separatedBy: "Trying again for up to").count == 2, "\(refused.errors)")
    }
}
