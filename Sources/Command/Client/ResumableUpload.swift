internal import Core
internal import Foundation
internal import HTTP
internal import Operations

/// Brings a source's bytes to a task that was opened for them, and goes on where the stored input ends when a connection
/// breaks, the service is busy, or it was started again.
///
/// Comes from: ``SubmitCommand``. Goes to: the task's input.
struct ResumableUpload {
    let client: ServiceClient
    let path: TaskPath
    let source: UploadSource
    let limit: WaitLimit
    let meter: UploadMeter

    /// How to go on after a break, for people.
    var advice: String {
        source.isResumable
            ? "Go on with `sibyl submit \(source.path) --resume \(path.id)`."
            : "Such an input cannot go on: submit it anew, and stop the unfinished task with `sibyl cancel \(path.id)`."
    }

    /// Sends until the input is whole.
    ///
    /// - Throws: ``ClientError``, with the way to go on where there is one.
    func run() throws {
        do {
            try sendAll()
        } catch let error as ClientError where isWorthResuming(error) {
            throw error.adding(advice)
        }
    }

    private func isWorthResuming(_ error: ClientError) -> Bool { error.mayPass || error.exitCode == 124 }

    private func sendAll() throws {
        var patience = Patience()
        var (stored, reason) = (-1, "")
        while true {
            do {
                let state = try state()
                if state.isComplete { return try source.requireSize(state.offset) }
                if state.offset > stored {
                    stored = state.offset
                    patience.progressed()
                }
                return try send(from: state.offset, after: reason)
            } catch let error as ClientError where error.code == .uploadEnded {
                // An earlier request, whose answer was lost, may have brought the rest meanwhile.
                let state = try state()
                guard state.isComplete else { throw try ended(error) }
                return try source.requireSize(state.offset)
            } catch let error as ClientError {
                if error.mayPass {
                    reason = error.message
                    meter.clear()
                    Interruption.advise("The input is not whole. \(reason) " + advice)
                }
                try patience.pause(after: error, within: limit)
            }
        }
    }

    private func state() throws -> (offset: Int, isComplete: Bool) {
        let headers = try client.send(.head, path.input).headers
        guard let offset = headers.first("Upload-Offset").flatMap({ Int($0) }), (0...1 << 53).contains(offset) else {
            throw ClientError.strangeAnswer
        }
        return (offset, headers.first("Upload-Complete") == "?1")
    }

    /// - Parameter reason: why it had to be tried again, for whoever gives up.
    private func send(from offset: Int, after reason: String) throws {
        guard offset == 0 || source.isResumable else {
            throw ClientError(
                code: .uploadIncomplete, message: "A part of this input is stored. " + advice, exitCode: 1)
        }
        let body = try source.bytes(from: offset)
        var headers = source.headers
        if offset > 0, let length = source.length {
            // Nothing may be left but to say that this is all.
            headers.set(
                "Content-Range", offset < length ? "bytes \(offset)-\(length - 1)/\(length)" : "bytes */\(length)")
        }
        var stall = StallWatch()
        do {
            try client.send(.put, path.input, headers, body, deadline: nil) { sent in
                if limit.isOver {
                    throw ClientError.timeIsOver(
                        "The time is over, and the input is not whole." + (reason.isEmpty ? "" : " " + reason))
                }
                try stall.check(moved: sent, reasons: meter.reasons)
                meter.show(sent: offset + sent)
            }
        } catch let error as ClientError where error.mayPass && source.length == nil {
            // A pipe gives its bytes once.
            throw ClientError(code: error.code, message: error.message + " " + advice, exitCode: error.exitCode)
        }
    }

    /// Why the task takes no more rows.
    private func ended(_ error: ClientError) throws -> ClientError {
        let task = try TaskAnswer.read(try client.get(path.task))
        guard task.final == true else { return error }
        return ClientError(
            code: error.code, message: task.error?.message ?? "The task is \(task.status).", exitCode: task.exitCode)
    }
}
