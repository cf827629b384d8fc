import Foundation
import HTTP
import Testing

/// One service for all tests of a suite: an API and a worker, started once and stopped at the suite's end.
struct SharedService: SuiteTrait, TestScoping {
    private struct Held: @unchecked Sendable {  // @unchecked because tests of a suite are serialized
        let service: ServiceUnderTest
    }

    @TaskLocal private static var held: Held?

    /// The service of the suite that runs.
    static var service: ServiceUnderTest {
        get throws { try #require(held).service }
    }

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let service = ServiceUnderTest(slowsTexts: true)
        try service.startAPI()
        try service.startWorker()
        try await Self.$held.withValue(Held(service: service)) { try await function() }
    }
}

extension Trait where Self == SharedService {
    static var sharedService: Self { SharedService() }
}

extension ServiceUnderTest {
    /// An answer whose body is no JSON.
    struct File {
        let status: Int
        let headers: HTTPHeaders
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        var lines: [String] { text.components(separatedBy: "\r\n") }
        /// What a problem says is wrong.
        var code: String? {
            (try? JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])?["code"] as? String
        }
    }

    func file(_ path: String, _ headers: HTTPHeaders = [:]) throws -> File {
        let answer = try HTTPClient().send(.get, url + path, headers: headers, deadline: .seconds(30))
        return File(status: answer.status, headers: answer.headers, bytes: answer.body)
    }

    func results(_ id: String, _ query: String) throws -> File { try file("/predict/async/\(id)/results?\(query)") }

    /// Posts a table and gives the task's id.
    func submit(table bytes: [UInt8], _ query: String, type: String = "text/csv") throws -> String {
        let answer = try send(.post, "/predict/async?\(query)", ["Content-Type": type], .bytes(bytes))
        return try #require(answer.json["id"] as? String, "\(answer.status) \(answer.json)")
    }

    func submit(table text: String, _ query: String, type: String = "text/csv") throws -> String {
        try submit(table: Array(text.utf8), query, type: type)
    }

    // MARK: Uploads that come later

    /// Opens a task whose rows come later.
    func open(_ query: String, _ headers: HTTPHeaders = [:]) throws -> String {
        let answer = try send(.post, "/predict/async?upload=later&\(query)", headers, .none)
        #expect(answer.status == 202, "\(answer.json)")
        return try #require(answer.json["id"] as? String)
    }

    /// Sends bytes of a later input.
    ///
    /// - Parameters:
    ///   - start: where they begin; nil for the whole without saying so.
    ///   - total: the bytes of the whole; nil for a part of which more follow.
    func put(
        _ bytes: [UInt8], to id: String, from start: Int? = nil, of total: Int? = nil, type: String = "text/csv",
        _ more: HTTPHeaders = [:]
    ) throws -> Answer {
        var headers = more
        headers.set("Content-Type", type)
        if let start {
            let range = bytes.isEmpty ? "*" : "\(start)-\(start + bytes.count - 1)"
            headers.set("Content-Range", "bytes \(range)/\(total.map { "\($0)" } ?? "*")")
        }
        return try send(.put, "/predict/async/\(id)/input", headers, .bytes(bytes))
    }

    func put(_ text: String, to id: String, from start: Int? = nil, of total: Int? = nil) throws -> Answer {
        try put(Array(text.utf8), to: id, from: start, of: total)
    }

    /// How many bytes of a later input are stored.
    func offset(_ id: String) throws -> Int {
        let head = try send(.head, "/predict/async/\(id)/input", [:], .none)
        return try #require(head.headers.first("Upload-Offset").flatMap { Int($0) }, "\(head.status)")
    }

    /// Goes on with a broken upload as a client does: from where the service says that it ends.
    func resume(_ bytes: [UInt8], to id: String, type: String = "text/csv") throws -> Answer {
        var answer: Answer?
        try wait("the upload to be taken over") {
            let start = try offset(id)
            answer = try put(Array(bytes[start...]), to: id, from: start, of: bytes.count, type: type)
            return answer?.json["code"] as? String != "wrong_offset"
        }
        return try #require(answer)
    }

    // MARK: Rows

    /// Every result of a task, in order.
    func objects(_ id: String) throws -> [[String: Any]] {
        try results(id, "format=ndjson").text.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
    }

    /// Waits until nothing waits in the queue.
    func waitUntilIdle() throws {
        try wait("the queue to be empty") { try get("/health").waitingRows == 0 }
    }

    /// Runs a tool of the system on some bytes.
    static func pipe(_ bytes: [UInt8], through words: String...) throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try Data(bytes).write(to: folder)
        defer { unlink(folder.path) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardInput = try FileHandle(forReadingFrom: folder)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let answer = [UInt8](output.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        return answer
    }

    static func sha256(_ bytes: [UInt8]) throws -> String {
        String(decoding: try pipe(bytes, through: "sha256sum").prefix(64), as: UTF8.self)
    }
}

extension ServiceUnderTest.Answer {
    var id: String? { json["id"] as? String }
    var code: String? { json["code"] as? String }
    var detail: String { json["detail"] as? String ?? "" }
    var errors: [[String: Any]] { json["errors"] as? [[String: Any]] ?? [] }
}

extension [String: Any] {
    var status: String? { self["status"] as? String }
    var failure: String? { (self["error"] as? [String: Any])?["code"] as? String }
    var counts: [String: Int] { self["rows"] as? [String: Int] ?? [:] }
    /// Whether each row is in exactly one state.
    var addsUp: Bool { counts["total"] == counts.filter { $0.key != "total" }.values.reduce(0, +) }
}

extension RawUpload {
    /// A `PUT` of a later input in pieces, of no length that is known beforehand.
    convenience init(url: String, task: String, type: String = "text/csv", range: String? = nil) throws {
        let extra = range.map { "Content-Range: \($0)\r\n" } ?? ""
        try self.init(
            url: url,
            head: "PUT /predict/async/\(task)/input HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                + "Content-Type: \(type)\r\n\(extra)Transfer-Encoding: chunked\r\n\r\n")
    }

    /// Says that all is sent, and reads the answer.
    func finish() throws -> String {
        try write("0\r\n\r\n")
        return readAll()
    }
}

/// An input with every fifth row bad, and where each row stands in it.
struct SampleInput {
    private(set) var bytes: [UInt8] = []
    /// The line on which each bad row begins.
    private(set) var badLines: [Int: Int] = [:]
    let rows: Int
    let type: String

    /// What makes an input long with few rows: a table is stored from its first 64 kB on, which tell how it is written.
    private static let filler = String(repeating: " film", count: 12)

    enum Form: String, CaseIterable, Sendable {
        case utf8
        case windows1252
        case utf16
        case ndjson
    }

    init(_ form: Form, rows: Int) {
        self.rows = rows
        type = form == .ndjson ? "application/x-ndjson" : "text/csv"
        var text = form == .ndjson ? "" : "id,text,extra\r\n"
        var line = form == .ndjson ? 1 : 2
        for row in 0..<rows {
            let isBad = row % 5 == 3
            if isBad { badLines[row] = line }
            if form == .ndjson {
                text +=
                    "{\"id\":\"r-\(row)\",\"text\":\"\(isBad ? " " : "r\u{E9}ussi \(row) \u{2014} good\(Self.filler)")\"}\n"
                if row % 7 == 0 { (text, line) = (text + "\r\n", line + 1) }
            } else {
                let review = isBad ? " " : "\"r\u{E9}ussi, \(row)\r\na \"\"good\"\" film\(Self.filler)\""
                text += "r-\(row),\(review),\u{FC}\r\n"
                if !isBad { line += 1 }
            }
            line += 1
        }
        switch form {
        case .utf8, .ndjson: bytes = Array(text.utf8)
        case .windows1252: bytes = text.unicodeScalars.map { UInt8($0.value) }
        case .utf16: bytes = [0xFF, 0xFE] + text.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
        }
    }

    /// Compares all results with what was sent.
    func check(_ results: [[String: Any]], _ comment: Comment) {
        #expect(results.map { $0["row"] as? Int } == Array(0..<rows), comment)
        #expect(results.map { $0["id"] as? String } == (0..<rows).map { "r-\($0)" }, comment)
        var lines: [Int: Int] = [:]
        for result in results where result.status == "failed" {
            lines[result["row"] as? Int ?? -1] = (result["error"] as? [String: Any])?["line"] as? Int
        }
        #expect(lines == badLines, comment)
    }
}
