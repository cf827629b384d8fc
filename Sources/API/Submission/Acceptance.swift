internal import Core
internal import Foundation
internal import HTTP
internal import Queue
internal import Store

/// The answer to a submission that was accepted: 202, with the task's id and where to look for it.
///
/// A repetition under a key gets it again, byte for byte; what the task's record does not tell is kept with the key.
struct Acceptance {
    let id: TaskID
    let model: ModelIdentity
    let createdAt: WallTime
    private let remark: Remark

    /// What only the first answer knew.
    private struct Remark: Codable {
        /// Rows that had come.
        var rows: Int
        var estimate: Estimate?
        var waitingFor: WaitingFor?
    }

    init(_ accepted: Accepted) {
        id = accepted.request.draft.id
        model = accepted.request.model
        createdAt = accepted.request.draft.createdAt
        remark = Remark(rows: accepted.rows, estimate: accepted.estimate, waitingFor: accepted.waitingFor)
    }

    /// The first answer again.
    ///
    /// - Parameter stored: the task that the very same submission made.
    init(_ replay: IdempotencyKey.Replay, _ stored: StoredTask) {
        (id, model, createdAt) = (stored.task.id, stored.task.model, replay.createdAt)
        // try? because a program of another version may have written it.
        let kept = try? replay.answer.map { try JSONDecoder().decode(Remark.self, from: Data($0.utf8)) }
        remark = kept ?? Remark(rows: replay.rows)
    }

    /// What is kept with the key, as JSON.
    var kept: String? {
        // try? because numbers can always be written; without them a repetition only lacks the estimate.
        (try? JSONEncoder().encode(remark)).map { String(decoding: $0, as: UTF8.self) }
    }

    var response: HTTPResponse {
        let address = TaskAddresses(id: id)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("id", address.id)
                json.member("task_id", address.id)
                json.member("status", PredictionTask.Status.pending.rawValue)
                json.member("model", model.model)
                json.member("model_version", model.version)
                json.key("rows")
                json.object { $0.member("total", remark.rows) }
                json.member("created_at", createdAt)
                json.member("check_url", address.own)
                json.key("estimate")
                if let estimate = remark.estimate { estimate.write(to: &json) } else { json.null() }
                json.member(waitingFor: remark.waitingFor)
                address.write(to: &json)
            }
        }
        return .json(
            body, status: 202,
            headers: ["Location": address.own, "Retry-After": "\(remark.estimate?.retryAfter ?? 1)"])
    }
}

/// A submission on its way, and what is known of it.
struct Accepted {
    var request: Submissions.Request
    var rows = 0
    /// When it should be done; nil where its rows are still to come.
    var estimate: Estimate?
    /// What keeps its rows from running, as it was seen when they were accepted.
    var waitingFor: WaitingFor?

    init(request: Submissions.Request) { self.request = request }

    /// Whether its rows may end within a time: nothing that is known of keeps them from it.
    func mayEnd(within limit: Duration, at now: WallTime) -> Bool {
        guard let waitingFor, waitingFor.code != .modelLoading else { return true }
        return waitingFor.until.map { $0 < now + limit } ?? false
    }

    /// Completes the key with what the first answer says, so that a repetition gets it again.
    mutating func keepAnswer() {
        if request.key == nil { return }
        let kept = Acceptance(self).kept
        request.key?.answer = kept
    }
}
