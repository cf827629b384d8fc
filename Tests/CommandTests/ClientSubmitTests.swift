import Foundation
import Glibc
import TestSupport
import Testing

/// `sibyl submit` as typed: files out, checks, pipes, and what its exit code says.
@Suite(.serialized) struct ClientSubmitTests {
    private static let mixed = "note;text\r\na;good\r\nb;\"  \"\r\nc;bad\r\n"

    private func write(_ text: String, to name: String, _ service: ServiceUnderTest) throws {
        try text.write(toFile: service.folder.path + "/" + name, atomically: true, encoding: .utf8)
    }

    @Test func `the caller's file comes back with columns added, and bad rows say why`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        try write(Self.mixed, to: "mixed.csv", service)
        let submit = ["submit", "mixed.csv", "--model", "sentiment"]
        let options = ["--fields", "prediction,error", "--prefix", "x_", "--metadata", "a=b", "--metadata", "c=d=e"]
        #expect(try service.command(submit + ["--out", "out.csv"] + options).code == 2)
        let lines = try service.text(of: "out.csv").split(separator: "\r\n")
        #expect(lines.map { String($0) }.prefix(2) == ["note;text;x_prediction;x_error", "a;good;positive;"])
        #expect(lines[2].hasPrefix("b;\"  \";;\"blank_text: ") || lines[2].hasPrefix("b;\"  \";;blank_text: "))
        let status = try service.command(["status", "@last"]).output
        #expect(status.contains("a=b") && status.contains("c=d=e"))

        #expect(try service.command(submit + ["--out", "out.ndjson"]).code == 2)
        #expect(try service.text(of: "out.ndjson").split(separator: "\n").count == 3)

        try write("text,prediction\r\ngood,\r\n", to: "twice.csv", service)
        let twice = try service.command(["submit", "twice.csv", "--model", "sentiment", "--out", "no.csv"])
        #expect(twice.code == 1)
        #expect(twice.errors.contains("--prefix"))
        #expect(!FileManager.default.fileExists(atPath: service.folder.path + "/no.csv"))
        #expect(!FileManager.default.fileExists(atPath: service.folder.path + "/no.csv.part"))
    }

    @Test func `a file that refuses itself, or was stopped, leaves no results file`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try write(Self.mixed, to: "mixed.csv", service)
        let refused = try service.command(
            ["submit", "mixed.csv", "--model", "sentiment", "--on-invalid", "reject", "--out", "out.csv"])
        #expect(refused.code == 1)
        #expect(refused.errors.contains("line 3: "))
        let id = try service.submit("never scored")
        #expect(try service.command(["cancel", id]).code == 0)
        let stopped = try service.command(["results", id, "--out", "out.csv"])
        #expect(stopped.code == 3)
        #expect(stopped.errors.contains("sibyl results \(id) --partial"))
        let folder = try FileManager.default.contentsOfDirectory(atPath: service.folder.path)
        #expect(!folder.contains { $0.hasPrefix("out.csv") })
    }

    @Test func `a pipe and a compressed file are taken too`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let folder = service.folder.path
        try write(Self.mixed, to: "mixed.csv", service)
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/sh")
        shell.currentDirectoryURL = URL(fileURLWithPath: folder)
        shell.arguments = [
            "-c",
            "cat mixed.csv | \(ServiceUnderTest.program) submit - --format csv --model sentiment --out p.csv "
                + "--url \(service.url); test $? = 2 && gzip mixed.csv",
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(shell.terminationStatus == 0)
        let words = ["submit", "mixed.csv.gz", "--model", "sentiment", "--out", "z.csv"]
        #expect(try service.command(words).code == 2)
        #expect(try service.text(of: "p.csv") == service.text(of: "z.csv"))
        #expect(try service.command(["submit", "mixed.csv.gz", "--resume", "@last"]).code == 64)
    }

    @Test func `a check tells what would become of a file and keeps nothing`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        try service.waitUntilServed("sentiment")
        try write(Self.mixed, to: "mixed.csv", service)
        try write("review\r\ngood\r\n", to: "good.csv", service)
        try write("foo\r\ngood\r\n", to: "wrong.csv", service)
        func check(_ words: [String]) throws -> (code: Int32, output: String, errors: String) {
            try service.command(["submit"] + words + ["--model", "sentiment", "--check"])
        }
        let mixed = try check(["mixed.csv"])
        #expect(mixed.code == 2)
        for part in ["3: 2 valid, 1 invalid", "delimiter ;", "text ← text", "line 3: ", "positive\t"] {
            #expect(mixed.output.contains(part), "\(mixed.output)")
        }
        let good = try check(["good.csv", "--map", "text=review"])
        #expect(good.code == 0)
        #expect(good.output.contains("text ← review"))
        #expect(try check(["good.csv", "--map", "text=review", "--json"]).output.hasPrefix("{\"dry_run\":true"))
        let wrong = try check(["wrong.csv"])
        #expect(wrong.code == 1)
        #expect(wrong.output.isEmpty)
        #expect(try service.command(["tasks"]).output.isEmpty)
    }

    @Test func `waiting is bounded by its time, and an interruption leaves the task to go on`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try write(Self.mixed, to: "mixed.csv", service)
        let submit = ["submit", "mixed.csv", "--model", "sentiment"]
        let late = try service.command(submit + ["--out", "out.csv", "--timeout", "0.2"])
        #expect(late.code == 124)
        let told = late.errors.split(separator: "\n")
        #expect(told.count == 2 && told[0].contains("No worker runs"), "\(late.errors)")
        let client = try ClientProcess(service, submit + ["--wait"])
        try service.wait("the id") { client.outputText.hasSuffix("\n") }
        let id = client.outputText.trimmingCharacters(in: .newlines)
        // The id comes before the upload's end; the task is whole when the client only waits.
        try service.wait("the input") {
            try (service.get("/predict/async/\(id)").json["input"] as? [String: Any])?["state"] as? String == "complete"
        }
        client.signal(SIGINT)
        #expect(try client.end(service) == 130)
        #expect(client.errorText.contains(id))
        try service.startWorker()
        #expect(try service.command(["wait", id]).code == 2)
    }

    @Test func `a wait outlives an API that is started again`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let port = try #require(service.url.split(separator: ":").last)
        let id = try service.submit("good")
        let client = try ClientProcess(service, ["wait", id])
        service.signal("api", SIGKILL)
        service.end("api")
        try service.startAPI(["--listen", "127.0.0.1:\(port)"])
        try service.startWorker()
        #expect(try client.end(service) == 0)
        #expect(client.outputText == "completed\n")
    }

    @Test(arguments: [
        ["--map", "text"], ["--metadata", "=x"], ["--priority", "urgent"], ["--deadline", "soon"],
        ["--delimiter", "x"],
        ["--threshold", "2"], ["--out", "out.xlsx"], ["--out", "/"], ["--out", "nowhere/out.csv"],
        ["--resume", "nonsense"], ["--format", "xml"], ["--format", "ndjson", "--map", "a=b"], ["--timeout", "-1"],
        ["--resume", "01a1fe75-6cb1-745d-8323-64ebbff84d9f", "--model", "iris"],
    ])
    func `what cannot be meant is told in one line before anything is begun`(words: [String]) throws {
        let service = ServiceUnderTest()
        try write(Self.mixed, to: "mixed.csv", service)
        let answer = try service.command(["submit", "mixed.csv", "--url", "http://127.0.0.1:1"] + words)
        #expect(answer.code == 64, "\(answer.errors)")
        #expect(answer.errors.split(separator: "\n").count == 1)
    }
}
