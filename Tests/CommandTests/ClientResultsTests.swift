import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

/// Results, and what may be done with a task that has ended, as typed.
@Suite(.serialized) struct ClientResultsTests {
    private func scored(_ service: ServiceUnderTest) throws -> String {
        try service.startAPI()
        try service.startWorker()
        let file = ServiceUnderTest.root + "/scripts/samples/reviews.csv"
        let submitted = try service.command(["submit", file, "--model", "sentiment", "--id-column", "id", "--wait"])
        #expect(submitted.code == 0)
        return submitted.output.trimmingCharacters(in: .newlines)
    }

    @Test func `every format is the service's own answer, to standard output and to a file`() throws {
        let service = ServiceUnderTest()
        let id = try scored(service)
        for (words, query) in [
            (["--format", "csv"], "format=csv"), (["--format", "ndjson"], "format=ndjson"),
            (["--join", "--prefix", "p_"], "join=input&format=csv&prefix=p_"),
            (
                ["--format", "csv", "--limit", "7", "--probabilities", "top:2"],
                "format=csv&limit=7&probabilities=top:2"
            ),
        ] {
            let own = try HTTPClient().send(.get, "\(service.url)/predict/async/\(id)/results?\(query)")
            let printed = try service.command(["results", id] + words)
            #expect(printed.code == 0)
            #expect(printed.output == String(decoding: own.body, as: UTF8.self), "\(words)")
            if words.contains("--limit") { continue }
            #expect(try service.command(["results", id, "--out", "out.csv", "--force"] + words).code == 0)
            #expect(try service.text(of: "out.csv") == printed.output)
        }
        #expect(try service.command(["results", id, "--errors"]).output.isEmpty)
        #expect(try service.command(["results", id]).output.split(separator: "\n").count == 1_000)
        let pages = try service.command(["results", id, "--format", "json"])
        #expect(pages.output.hasPrefix("{\"results\":["))
        #expect(pages.output.contains("\"complete\":true"))
        #expect(try service.command(["results", id, "--format", "json", "--join"]).code == 64)
    }

    @Test func `a stream that is cut is not taken for a whole one`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let opened = try service.post("/predict/async?model=purchase&upload=later", "")
        let id = try #require(opened.json["id"] as? String)
        // A part whose rest never comes.
        let part = Array(try Data(contentsOf: URL(fileURLWithPath: service.customers(20_000))))
        let range: HTTPHeaders = ["Content-Type": "text/csv", "Content-Range": "bytes 0-\(part.count - 1)/*"]
        #expect(try service.send(.put, "/predict/async/\(id)/input", range, .bytes(part)).status == 200)
        let client = try ClientProcess(service, ["results", id, "--format", "ndjson"])
        try service.wait("the stream to be followed") { client.outputText.contains("\n") }
        service.signal("api", SIGKILL)
        service.end("api")
        #expect(try client.end(service) == 69)
        #expect(client.errorText.contains("not whole"))
    }

    @Test func `a task runs again and is compared with itself`() throws {
        let service = ServiceUnderTest()
        let id = try scored(service)
        let again = try service.command(["rerun", "@last", "--wait", "--name", "again"])
        #expect(again.code == 0)
        let other = again.output.trimmingCharacters(in: .newlines)
        #expect(other != id)
        let compared = try service.command(["compare", id, other])
        #expect(compared.output.contains("1000: 1000 compared") && compared.output.contains("changed    0 "))
        #expect(try service.command(["compare", id, other, "--json"]).output.hasPrefix("{\"a\":\"\(id)\""))
        let nothing = try service.command(["retry", id])
        #expect(nothing.code == 1)
        #expect(nothing.errors.split(separator: "\n").count == 1)
        #expect(try service.command(["delete", id]).code == 0)
        #expect(try service.command(["status", id]).code == 4)
    }
}
