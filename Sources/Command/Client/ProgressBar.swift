internal import Core
internal import HTTP
internal import Foundation

/// Shows on a terminal how far a task is; does nothing where nobody watches.
final class ProgressBar {
    /// Faster than this nobody reads.
    static let pause = 0.25
    private static let width = 24

    private var last = Duration.zero
    private var isShown = false

    /// Shows a line, unless another one was shown just before.
    func show(_ line: @autoclosure () -> String) {
        guard Console.isWatched, Duration.monotonic - last >= .seconds(Self.pause) else { return }
        (last, isShown) = (.monotonic, true)
        Console.writeProgress(line())
    }

    /// Takes the line away.
    func clear() {
        if isShown { Console.writeProgress("") }
        isShown = false
    }

    deinit { clear() }

    /// The task's progress on one line.
    ///
    /// `[██████····] 61 %  24,400 of 40,000 rows, 11,200 rows/s, 2 s left`
    static func line(_ task: TaskAnswer) -> String {
        var text = "\(bar(task.done, of: task.rows.total))  \(task.done) of \(task.rows.total) rows"
        if let speed = task.rows_per_second { text += ", \(Int(saturating: speed)) rows/s" }
        if let waiting = task.waiting_for {
            text += ", waits (\(waiting.code))"
        } else if let left = task.eta_seconds {
            text += ", \(Int(saturating: left.rounded(.up))) s left"
        }
        return text
    }

    /// The upload's progress on one line.
    ///
    /// `[██████····] 61 %  sent 12.4 of 20.1 MB, 24,400 rows scored`
    static func line(sent: Int, of length: Int?, _ task: TaskAnswer?) -> String {
        var text =
            length.map { bar(sent, of: $0) + "  sent \(megabytes(sent)) of \(megabytes($0)) MB" }
            ?? "sent \(megabytes(sent)) MB"
        if let task {
            text += ", \(task.done) rows scored"
            if let speed = task.rows_per_second { text += ", \(Int(saturating: speed)) rows/s" }
        }
        return text
    }

    private static func bar(_ done: Int, of total: Int) -> String {
        // The numbers may be those of another service than ours.
        let share = total == 0 ? 0 : min(max(Double(done) / Double(total), 0), 1)
        let filled = Int(share * Double(width))
        return "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled)
            + "] \(Int(share * 100)) %"
    }

    private static func megabytes(_ bytes: Int) -> String { String(format: "%.1f", Double(bytes) / 1e6) }
}

/// Shows how much of an input was sent, and how many of its rows are scored already.
final class UploadMeter {
    private let client: ServiceClient
    private let path: TaskPath
    private let length: Int?
    private let bar = ProgressBar()
    private var task: TaskAnswer?
    private var nextLook = Duration.zero

    /// - Parameter client: its connection is busy with the upload; questions go beside it.
    init(_ client: ServiceClient, _ path: TaskPath, length: Int?) {
        self.client = client.beside()
        self.path = path
        self.length = length
    }

    func show(sent: Int) {
        guard Console.isWatched else { return }
        look()
        bar.show(ProgressBar.line(sent: sent, of: length, task))
    }

    func clear() { bar.clear() }

    private struct Health: Decodable {
        var reasons: [String]
    }

    /// Why the service says that it is not well; empty where it says nothing.
    func reasons() -> String {
        // try? because the upload itself finds out what is wrong.
        let answer = try? client.send(.get, "/health", deadline: .seconds(1))
        let health = answer.flatMap { try? Health.read($0.body) }  // try? because of that
        return (health?.reasons ?? []).joined(separator: "; ")
    }

    /// Asks how the task stands, seldom enough to leave the time to the upload.
    private func look() {
        let start = Duration.monotonic
        if start < nextLook { return }
        // try? because the upload itself finds out what is wrong; the bar shows what was known.
        if let answer = try? client.send(.get, path.task, deadline: .seconds(1)) {
            task = (try? TaskAnswer.read(answer.body)) ?? task  // try? because of that
        }
        let cost = Duration.monotonic - start
        nextLook = start + cost + max(.seconds(ProgressBar.pause), cost * 4)
    }
}
