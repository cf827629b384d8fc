internal import Core
internal import Foundation

/// Waits for a task to end and shows how far it is.
struct TaskWait {
    let client: ServiceClient
    let id: String
    /// How long to wait at most; nil for as long as it takes.
    let limit: Duration?

    private static let poll = 0.1

    /// - Returns: the ended task.
    /// - Throws: ``ClientError`` with exit code 124 when the time is over; the task goes on.
    func run() throws -> TaskAnswer {
        let start = Duration.monotonic
        defer { if Console.isWatched { Console.writeProgress("") } }
        while true {
            let task = try TaskAnswer(client.get("/predict/async/\(id)"))
            if task.final == true { return task }
            if let limit, Duration.monotonic - start >= limit {
                throw ClientError(
                    code: .predictionTimeout, message: "The task has not ended yet; it goes on.", exitCode: 124)
            }
            if Console.isWatched { Console.writeProgress(Self.bar(task)) }
            Thread.sleep(forTimeInterval: Self.poll)
        }
    }

    /// The task's progress on one line.
    ///
    /// `[██████····] 61 %  24,400 of 40,000 rows, 11,200 rows/s, 2 s left`
    static func bar(_ task: TaskAnswer, width: Int = 24) -> String {
        let share = task.rows.total == 0 ? 0 : Double(task.done) / Double(task.rows.total)
        let filled = Int(share * Double(width))
        var text = "[" + String(repeating: "█", count: filled) + String(repeating: "·", count: width - filled) + "] "
        text += "\(Int(share * 100)) %  \(task.done) of \(task.rows.total) rows"
        if let speed = task.rows_per_second { text += ", \(Int(speed)) rows/s" }
        if let left = task.eta_seconds { text += ", \(Int(left.rounded(.up))) s left" }
        return text
    }
}
