internal import Core
internal import Foundation
internal import HTTP

/// Waits for a task to end and shows how far it is; outlives a service that is started again meanwhile.
struct TaskWait {
    let client: ServiceClient
    let path: TaskPath
    let limit: WaitLimit

    /// - Returns: the ended task, and the service's own words about it.
    /// - Throws: ``ClientError`` with exit code 124 when the time is over; the task goes on.
    func run() throws -> (task: TaskAnswer, json: [UInt8]) {
        Interruption.advise("The task goes on; `sibyl wait \(path.id)` waits for it.")
        let bar = ProgressBar()
        var notice = WaitNotice()
        var patience = Patience()
        var known: String?
        while true {
            do {
                let answer = try ask(known)
                patience.progressed()
                if answer.status != 304 {
                    let task = try TaskAnswer.read(answer.body)
                    if task.final == true { return (task, answer.body) }
                    notice.tell(task.waiting_for, over: bar)
                    bar.show(ProgressBar.line(task))
                }
                known = answer.headers.first("ETag") ?? known
            } catch let error as ClientError {
                do { try patience.pause(after: error, within: limit) } catch { throw advised(error) }
            }
            if limit.isOver { throw ClientError.timeIsOver("The task has not ended yet; it goes on.") }
            if Console.isWatched { Thread.sleep(forTimeInterval: ProgressBar.pause) }
        }
    }

    /// Asks for the task's end, or where somebody watches for its next change.
    private func ask(_ known: String?) throws -> HTTPClient.Answer {
        let isFirst = known == nil
        let longest = min(Limits.clientWait, limit.left ?? Limits.clientWait)
        let seconds = isFirst ? 0 : max(0, Int(longest.inSeconds.rounded(.up)))
        var headers = HTTPHeaders()
        if let known, Console.isWatched { headers.set("If-None-Match", known) }
        return try client.send(
            .get, "\(path.task)?wait=\(seconds)", headers, deadline: .seconds(seconds) + ServiceClient.patience)
    }

    private func advised(_ error: any Error) -> any Error {
        guard let error = error as? ClientError, error.mayPass else { return error }
        return error.adding("What was accepted goes on; `sibyl wait \(path.id)` waits for it.")
    }
}

/// Tells what a task waits for, once each time that it is something else: else a wait for a paused model looks like any other.
struct WaitNotice {
    private var told: String?

    /// - Parameter bar: the progress on the terminal's last line, which gives way.
    mutating func tell(_ waiting: TaskAnswer.Waiting?, over bar: ProgressBar) {
        // A place in the queue passes by itself.
        guard let waiting, waiting.code != "queue", waiting.message != told else { return }
        told = waiting.message
        bar.clear()
        Console.writeError("the task waits: \(waiting.message)")
    }
}
