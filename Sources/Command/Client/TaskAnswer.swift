internal import Core

/// A task as the service answers it: what the client commands read of it.
struct TaskAnswer: Decodable {
    struct Rows: Decodable {
        var total: Int
        var succeeded: Int?
        var failed: Int?
        var cancelled: Int?
        var expired: Int?
    }

    struct Warning: Decodable {
        @InOptions var message: String
    }

    struct Input: Decodable {
        var state: String
    }

    struct Failure: Decodable {
        @InOptions var message: String
    }

    /// What the task's rows wait for.
    struct Waiting: Decodable {
        var code: String
        @InOptions var message: String
    }

    var id: String
    var name: String?
    var status: String
    var final: Bool?
    var model: String
    var model_version: String
    var metadata: [String: String]?
    var warnings: [Warning]?
    var input: Input?
    var rows: Rows
    var rows_per_second: Double?
    var eta_seconds: Double?
    var waiting_for: Waiting?
    var created_at: String
    var completed_at: String?
    var deadline_at: String?
    var error: Failure?

    /// The sum wraps rather than traps: another service may answer any numbers.
    var done: Int { (rows.succeeded ?? 0) &+ (rows.failed ?? 0) }

    /// What a command ends with once the task has ended: API.md, section 1.
    var exitCode: Int32 {
        switch PredictionTask.Status(rawValue: status) {
        case .completedWithErrors: 2
        case .failed: 1
        case .cancelled: 3
        case .expired: 4
        default: 0
        }
    }

    /// Whether a file of its results has every row.
    var hasWholeResults: Bool { status == "completed" || status == "completed_with_errors" }

    /// What is in a file of its results, on one line.
    func fileSummary(of path: String, onlyFailed: Bool = false) -> String {
        let failed = rows.failed ?? 0
        let written = onlyFailed ? failed : done
        var parts = [Self.count(written, "row"), "\(failed) failed", Self.count(warnings?.count ?? 0, "warning")]
        if written < rows.total, !onlyFailed { parts[0] = "\(written) of \(Self.count(rows.total, "row"))" }
        return "\(path): " + parts.joined(separator: ", ")
    }

    /// Tells on standard error what was found about the task's rows as a whole.
    func tellWarnings() { for warning in warnings ?? [] { Console.writeError("warning: \(warning.message)") } }

    /// Tells on standard error that rows failed, and where to see why.
    func tellFailures() {
        guard let failed = rows.failed, failed > 0 else { return }
        Console.writeError(
            "\(Self.count(rows.total, "row")), \(failed) failed; `sibyl results \(id) --errors` says why of each.")
    }

    private static func count(_ number: Int, _ word: String) -> String { "\(number) \(word)\(number == 1 ? "" : "s")" }

    /// The task in a few lines, for people.
    var summary: String {
        var lines = [
            ("task", id + (name.map { " (\($0))" } ?? "")), ("model", "\(model) \(model_version)"),
            ("status", status + (error.map { ": \($0.message)" } ?? "")), ("rows", rowsInWords),
        ]
        if input?.state == "receiving" { lines.append(("input", "not whole yet")) }
        if let waiting_for { lines.append(("waits for", waiting_for.message)) }
        if final != true, waiting_for == nil, let eta_seconds {
            lines.append(("left", "\(Int(saturating: eta_seconds.rounded(.up))) s"))
        }
        if let deadline_at { lines.append(("deadline", deadline_at)) }
        for (name, value) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
            lines.append(("metadata", "\(name)=\(value)"))
        }
        for warning in warnings ?? [] { lines.append(("warning", warning.message)) }
        return Columns.lines(lines)
    }

    private var rowsInWords: String {
        var text = "\(rows.total): \(rows.succeeded ?? 0) succeeded, \(rows.failed ?? 0) failed"
        if let cancelled = rows.cancelled, cancelled > 0 { text += ", \(cancelled) cancelled" }
        if let expired = rows.expired, expired > 0 { text += ", \(expired) expired" }
        return text + (rows_per_second.map { ", \(Int(saturating: $0)) rows/s" } ?? "")
    }
}

/// Lines with a word in front.
enum Columns {
    private static let width = 11

    static func lines(_ lines: [(word: String, text: String)]) -> String {
        lines.map { word, text in
            "\(word)\(String(repeating: " ", count: max(1, width - word.count)))\(text)\n"
        }.joined()
    }
}
