import Foundation
import Glibc
import TestSupport

extension ServiceUnderTest {
    /// Stops a process at a moment that the test likes: again and again, until it stands where it should.
    func stop(_ process: Int32, when isRight: () throws -> Bool) throws {
        try wait("process \(process) to be stopped at the right moment", for: 30) {
            kill(process, SIGSTOP)
            try wait("process \(process) to stand still") { Self.state(of: process) == "T" }
            if try isRight() { return true }
            kill(process, SIGCONT)
            return false
        }
    }

    /// Starts a process that should refuse to run.
    ///
    /// - Returns: how it ended, and what it said.
    func refusal(of words: [String]) throws -> (code: Int32, errors: String) {
        try start("refused", words)
        try wait("\(words[0]) to end") { !isRunning("refused") }
        return (end("refused"), logText("refused"))
    }

    /// The kernel's letter for what a process does: `T` when it was stopped.
    static func state(of process: Int32) -> Character? {
        let line = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
        return line.split(separator: ")").last?.dropFirst().first
    }

    /// Whether a process holds the turnstile or the write gate.
    func isAtGate(_ process: Int32) -> Bool {
        let folder = "/proc/\(process)"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/fd")) ?? []
        return names.contains { name in
            let file = (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/fd/\(name)")) ?? ""
            guard file == database + "-gate" || file == database + "-turn" else { return false }
            let lines = (try? String(contentsOfFile: "\(folder)/fdinfo/\(name)", encoding: .utf8)) ?? ""
            return lines.contains("FLOCK")
        }
    }

    /// The lines of an event in the logs of all processes.
    func lines(of event: String) throws -> [Substring] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".log") }
        return try names.flatMap { name in
            try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8).split(separator: "\n")
        }.filter { $0.contains("event=\"\(event)\"") }
    }

    /// The times of an event in the logs of all processes, sorted.
    func times(of event: String) throws -> [Date] {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        return try lines(of: event).map { line in
            try Date(String(line.dropFirst("time=".count).prefix { $0 != " " }), strategy: style)
        }.sorted()
    }

    /// A table of reviews, each as long as may be, so that a run takes its time.
    static func longReviews(_ rows: Int, words: Int = 120) -> String {
        "id,text\r\n"
            + (0..<rows).map { row in
                "r\(row),\"" + (0..<words).map { "w\(($0 * 7 + row) % 97)" }.joined(separator: " ") + "\"\r\n"
            }.joined()
    }

    /// Submits a table of reviews and gives the task's id.
    func submitTable(_ csv: String) throws -> String {
        let answer = try post("/predict/async?model=sentiment&id_column=id", csv, type: "text/csv")
        guard answer.status == 202, let id = answer.json["id"] as? String else {
            throw Failure(description: "not accepted: \(answer.status) \(answer.json)")
        }
        return id
    }

    /// What `sibyl check` finds; its exit code is 0 when all is sound.
    func check() throws -> (code: Int32, output: String) {
        let outcome = try command(["check", "--database", database])
        return (outcome.code, outcome.output + outcome.errors)
    }

    /// What becomes of every task, by its id.
    func allTasks() throws -> [String: [String: Any]] {
        var tasks: [String: [String: Any]] = [:]
        var cursor = ""
        while true {
            let page = try get("/predict/async?limit=1000\(cursor)").json
            for task in page["tasks"] as? [[String: Any]] ?? [] { tasks[task["id"] as? String ?? ""] = task }
            guard let next = page["next_cursor"] as? String else { return tasks }
            cursor = "&cursor=\(next)"
        }
    }
}
