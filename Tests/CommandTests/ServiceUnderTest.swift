import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

/// The real program in real processes, as people run it: the release build, in a temporary folder, on a free port.
final class ServiceUnderTest {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let program = root + "/.build/release/sibyl"

    let folder: TemporaryFolder
    let database: String
    private(set) var url = ""
    private var processes: [String: Process] = [:]
    private let slowsTexts: Bool

    /// - Parameters:
    ///   - database: where its data is; nil for the folder in which its logs are.
    ///   - slowsTexts: whether texts run on ONNX Runtime, so that a table takes seconds in whose midst something can happen.
    init(database: String? = nil, slowsTexts: Bool = false) {
        self.slowsTexts = slowsTexts
        folder = TemporaryFolder()
        self.database = database ?? folder.path + "/sibyl.db"
    }

    deinit {
        for process in processes.values where process.isRunning { kill(process.processIdentifier, SIGKILL) }
        for process in processes.values { process.waitUntilExit() }
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    // MARK: Processes

    /// Starts `sibyl api` and waits until it listens.
    func startAPI(_ options: [String] = []) throws {
        let ready = folder.path + "/url"
        unlink(ready)
        try start("api", ["api", "--listen", "127.0.0.1:0", "--ready-file", ready] + options)
        try wait("the API to listen") { (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true }
        follow(try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines))
    }

    /// Asks the service at an address from now on.
    func follow(_ url: String) { self.url = url }

    /// Starts `sibyl worker` under a name of the test's own.
    func startWorker(_ name: String = "worker", _ options: [String] = []) throws {
        try start(name, ["worker"] + options)
    }

    /// Waits until the API knows that a worker can run a model: what is asked for at once is refused before.
    ///
    /// The list of models is not enough: those who are refused together share a look at the queue.
    func waitUntilServed(_ model: String) throws {
        try wait("a worker that serves \(model)") {
            try post("/predict/async?model=\(model)&upload=later&dry_run=true", "").json["waiting_for"] is NSNull
        }
    }

    /// Starts `sibyl up` with an API and workers, and waits until the API listens.
    func startUp(workers: Int, _ options: [String] = []) throws {
        let ready = folder.path + "/url"
        try start("up", ["up", "--workers", "\(workers)", "--listen", "127.0.0.1:0", "--ready-file", ready] + options)
        try wait("the API to listen") { (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true }
        url = try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    /// - Parameter launcher: what runs the program in its place, by becoming it; nothing for the test itself.
    func start(_ name: String, _ words: [String], by launcher: [String] = []) throws {
        let process = Process()
        let slows = slowsTexts && ["worker", "up"].contains(words[0]) ? ["--text-kernel", "off"] : []
        let line = launcher + [Self.program] + words + slows + ["--database", database]
        process.executableURL = URL(fileURLWithPath: line[0])
        process.currentDirectoryURL = URL(fileURLWithPath: Self.root)
        process.arguments = Array(line.dropFirst())
        #expect(FileManager.default.createFile(atPath: log(name), contents: nil))
        process.standardError = FileHandle(forWritingAtPath: log(name))
        try process.run()
        processes[name] = process
    }

    func log(_ name: String) -> String { folder.path + "/" + name.replacingOccurrences(of: " ", with: "-") + ".log" }

    func logText(_ name: String) -> String { (try? String(contentsOfFile: log(name), encoding: .utf8)) ?? "" }

    func processID(_ name: String) -> Int32 { processes[name]!.processIdentifier }

    func isRunning(_ name: String) -> Bool { processes[name]!.isRunning }

    func signal(_ name: String, _ number: Int32) { kill(processes[name]!.processIdentifier, number) }

    /// The most memory that a process ever held at once, in MB.
    func mostMegabytes(_ name: String) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(processID(name))/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1_024
    }

    /// Waits for a process's end, and ends one that outlasts the test's patience.
    ///
    /// - Returns: its exit code; 128 and the signal's number for one that was killed.
    @discardableResult
    func end(_ name: String, within seconds: Int = 300) -> Int32 {
        guard let process = processes.removeValue(forKey: name) else { return -1 }
        let number = process.processIdentifier
        let patience = DispatchWorkItem { kill(number, SIGKILL) }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: patience)
        process.waitUntilExit()
        patience.cancel()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// Runs a client command to its end.
    func command(_ words: [String]) throws -> (code: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.arguments = words
        var environment = ProcessInfo.processInfo.environment
        environment["SIBYL_URL"] = url
        environment["XDG_STATE_HOME"] = folder.path
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let words = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            process.terminationStatus, String(decoding: text, as: UTF8.self), String(decoding: words, as: UTF8.self)
        )
    }

    /// Polls another process's state, which sends no event here; bounded, and told what was missing.
    func wait(_ what: String, for limit: TimeInterval = 20, until isThere: () throws -> Bool) throws {
        let end = Date(timeIntervalSinceNow: limit)
        while try !isThere() {
            guard Date() < end else { throw Failure(description: "waited \(limit) s for \(what)") }
            poll(nil, 0, 5)
        }
    }

    // MARK: HTTP

    struct Answer {
        let status: Int
        let headers: HTTPHeaders
        let json: [String: Any]
    }

    func get(_ path: String) throws -> Answer { try send(.get, path, [:], .none) }

    func post(_ path: String, _ body: String, type: String = "application/json") throws -> Answer {
        try send(.post, path, ["Content-Type": type], .bytes(Array(body.utf8)))
    }

    func send(_ method: HTTPMethod, _ path: String, _ headers: HTTPHeaders, _ body: HTTPUpload) throws -> Answer {
        let answer = try HTTPClient().send(method, url + path, headers: headers, body: body, deadline: .seconds(30))
        let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        return Answer(status: answer.status, headers: answer.headers, json: json ?? [:])
    }

    /// Submits one review and gives the task's id.
    func submit(_ text: String, model: String = "sentiment") throws -> String {
        let answer = try post("/predict/async", #"{"model":"\#(model)","text":"\#(text)"}"#)
        guard answer.status == 202, let id = answer.json["id"] as? String else {
            throw Failure(description: "not accepted: \(answer.status) \(answer.json)")
        }
        return id
    }

    /// Waits for a task to end.
    func ended(_ id: String, for limit: TimeInterval = 30) throws -> [String: Any] {
        var task: [String: Any] = [:]
        try wait("task \(id) to end", for: limit) {
            task = try get("/predict/async/\(id)").json
            return task["final"] as? Bool == true
        }
        return task
    }

    /// The rows of all results, in the order in which they come.
    func resultRows(_ id: String) throws -> [Int] {
        var rows: [Int] = []
        var cursor = ""
        while true {
            let page = try get("/predict/async/\(id)/results?limit=1000\(cursor)").json
            rows += (page["results"] as? [[String: Any]] ?? []).compactMap { $0["row"] as? Int }
            guard let next = page["next_cursor"] as? String else { return rows }
            cursor = "&cursor=\(next)"
        }
    }

    static var reviews: String {
        get throws { try String(contentsOfFile: root + "/scripts/samples/reviews.csv", encoding: .utf8) }
    }
}
