import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

/// Uploads of the client that meet with accidents: every row arrives once, or the person is told how to go on.
@Suite(.serialized) struct ClientUploadTests {
    private static let rows = 150_000
    private static let submission = ["--model", "purchase", "--id-column", "id"]

    /// Every row once, in order, with a prediction.
    private func expectAll(_ service: ServiceUnderTest, in name: String) throws {
        let lines = try service.text(of: name).split(separator: "\r\n")
        #expect(lines.count == Self.rows + 1)
        #expect(lines.first == "id,recency,frequency,spend,age,prediction,score,error")
        let wrong = lines.dropFirst().enumerated().first { row, line in
            !line.hasPrefix("\(row),") || !(line.contains(",yes,") || line.contains(",no,"))
        }
        #expect(wrong == nil)
    }

    @Test func `an upload outlives the API that is killed under it and started again`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let port = try #require(service.url.split(separator: ":").last)
        let file = try service.customers(Self.rows)
        let client = try ClientProcess(service, ["submit", file, "--out", "out.csv"] + Self.submission)
        _ = try service.heldUpload(of: client)
        service.signal("api", SIGKILL)
        service.end("api")
        client.signal(SIGCONT)
        try service.startAPI(["--listen", "127.0.0.1:\(port)"])
        try service.startWorker()
        #expect(try client.end(service) == 0, "\(client.errorText)")
        try expectAll(service, in: "out.csv")
        #expect(!FileManager.default.fileExists(atPath: service.folder.path + "/out.csv.part"))
    }

    @Test(arguments: [true, false])
    func `a client that was killed goes on by its key, or by the task's id`(byKey: Bool) throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let file = try service.customers(Self.rows)
        let words = Self.submission + ["--idempotency-key", "spring"]
        let client = try ClientProcess(service, ["submit", file] + words)
        let id = try service.heldUpload(of: client)
        client.signal(SIGKILL)
        #expect(try client.end(service) == 128 + SIGKILL)
        try service.startWorker()
        let again = try service.command(
            ["submit", file, "--out", "out.csv"] + (byKey ? words : ["--resume", "@last"]))
        #expect(again.code == 0, "\(again.errors)")
        #expect(again.output == id + "\n")
        try expectAll(service, in: "out.csv")
        // What is whole is whole: the same once more only waits.
        #expect(try service.command(["submit", file, "--wait"] + words).output == id + "\n")
        let short = try service.customers(3, named: "short.csv")
        #expect(try service.command(["submit", short, "--resume", id]).code == 64)
    }

    @Test func `an upload that is interrupted says how to go on`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let file = try service.customers(Self.rows)
        let client = try ClientProcess(service, ["submit", file] + Self.submission)
        let id = try service.heldUpload(of: client)
        client.signal(SIGINT)
        client.signal(SIGCONT)
        #expect(try client.end(service) == 130)
        #expect(client.errorText.contains("sibyl submit \(file) --resume \(id)"))
        // Another file is not taken for this one.
        let short = try service.customers(3, named: "short.csv")
        let wrong = try service.command(["submit", short, "--resume", id])
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("name its own file"))
    }

    @Test func `an input of which every byte is stored is declared whole`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let file = try service.customers(100_000)
        let bytes = Array(try Data(contentsOf: URL(fileURLWithPath: file)))
        let opened = try service.post("/predict/async?model=purchase&upload=later", "")
        let id = try #require(opened.json["id"] as? String)
        let part: HTTPHeaders = ["Content-Type": "text/csv", "Content-Range": "bytes 0-\(bytes.count - 1)/*"]
        let stored = try service.send(.put, "/predict/async/\(id)/input", part, .bytes(bytes))
        #expect(stored.headers.first("Upload-Offset") == "\(bytes.count)")
        #expect(try service.command(["submit", file, "--resume", id, "--wait"]).code == 0)
        #expect(try service.get("/predict/async/\(id)").rows("succeeded") == 100_000)
    }
}
