import Foundation
import TestSupport
import Testing

/// The client commands, as typed.
@Suite(.serialized) struct ClientCommandTests {
    @Test func `a file is submitted, waited for and read`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let file = ServiceUnderTest.root + "/scripts/samples/reviews.csv"
        let submitted = try service.command([
            "submit", file, "--model", "sentiment", "--id-column", "id", "--name", "spring",
        ])
        #expect(submitted.code == 0)
        let id = submitted.output.trimmingCharacters(in: .newlines)
        #expect(id.count == 36)
        #expect(try service.command(["wait", "@last"]).output == "completed\n")
        #expect(try service.command(["status", id]).output.contains("1000 succeeded, 0 failed"))
        let results = try service.command(["results", id]).output.split(separator: "\n")
        #expect(results.count == 1_000)
        #expect(results[0].hasPrefix("r-0001\t"))
        #expect(try service.command(["results", id, "--limit", "3"]).output.split(separator: "\n").count == 3)
    }

    @Test func `plain sentences come out right`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        for model in ["sentiment", "iris"] { try service.waitUntilServed(model) }
        for (text, label) in ["I love this product!": "positive", "Terrible experience": "negative"] {
            let answer = try service.command(["predict", text])
            #expect(answer.code == 0)
            #expect(answer.output.hasPrefix(label + "\t"))
        }
        let iris = try service.command(["predict", "[5.1,3.5,1.4,0.2]", "--model", "iris"])
        #expect(iris.output.hasPrefix("setosa\t"))
    }

    @Test func `rows that do not fit fail alone and the exit code says so`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let file = service.folder.path + "/some.csv"
        try "text\r\ngood\r\n\"  \"\r\nbad\r\n".write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try service.command(["submit", file, "--model", "sentiment", "--wait"]).code == 2)
        let lines = try service.command(["results", "@last"]).output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[1].contains("failed: "))
    }

    @Test func `what cannot work ends with one line and its own exit code`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let cases: [([String], Int32)] = [
            (["sumbit"], 64), (["status"], 64), (["status", "nonsense"], 64), (["submit", "nothing.xlsx"], 64),
            (["predict", "x", "--modell", "y"], 64), (["api", "--listen", "nowhere"], 64),
            (["api", "--listen", "0.0.0.0:0"], 64), (["worker", "--lease-seconds", "0"], 64),
            (["status", "@last"], 64), (["predict", "x", "--model", "none"], 1),
            (["predict", "x", "--url", "http://127.0.0.1:1"], 69),
        ]
        for (words, code) in cases {
            let answer = try service.command(words)
            #expect(answer.code == code, "\(words): \(answer.errors)")
            #expect(answer.errors.split(separator: "\n").count == 1, "\(words): \(answer.errors)")
            #expect(answer.output.isEmpty)
        }
    }

    @Test func `help is there for every command`() throws {
        let service = ServiceUnderTest()
        let all = try service.command(["--help"])
        #expect(all.code == 0)
        for name in [
            "up", "api", "worker", "migrate", "submit", "wait", "status", "results", "cancel", "delete", "rerun",
            "retry",
            "compare", "tasks", "predict", "doctor", "live",
        ] {
            #expect(all.output.contains("  \(name)"))
            #expect(try service.command([name, "--help"]).output.hasPrefix("usage: sibyl \(name)"))
        }
    }

    @Test func `an API and a worker's own door say that they live, and nobody says it for them`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        #expect(try service.command(["live"]).output == "live\n")
        #expect(try service.command(["live", "--json"]).output == "{\"live\":true}\n")
        try service.startWorker("worker", ["--metrics-listen", "127.0.0.1:0"])
        try service.wait("the door") { service.logText("worker").contains("door open") }
        let door = try #require(service.logText("worker").firstMatch(of: /http:\/\/127\.0\.0\.1:\d+/))
        #expect(try service.command(["live", "--url", String(door.output)]).code == 0)
        #expect(try service.command(["live", "--url", service.url + "/models"]).code != 0)
        service.signal("api", SIGTERM)
        service.end("api")
        #expect(try service.command(["live"]).code == 69)
    }

    @Test func `tasks are listed and cancelled`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("never scored")
        #expect(try service.command(["tasks", "--status", "pending"]).output.hasPrefix(id + "\t"))
        #expect(try service.command(["tasks", "--status", "completed"]).output.isEmpty)
        #expect(try service.command(["cancel", id]).code == 0)
        #expect(try service.command(["wait", id]).code == 3)
    }
}
