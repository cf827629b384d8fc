internal import Core
internal import Store

/// Writes a task as callers see it: API.md, section 3.
struct TaskMessage {
    let stored: StoredTask
    /// The single result of a one-row task, wherever it is kept.
    let result: Predictions?
    let now: WallTime
    /// How long all waiting rows should need; nil when that is not known.
    let queueWait: Duration?
    /// What its rows wait for; nil while they run.
    var waitingFor: WaitingFor?
    /// Whether no worker serves the task's model version, so that its rows wait for ever.
    var isStranded = false

    func write(to json: inout JSONWriter) { write(to: &json) { _ in } }

    /// The message with its tag.
    ///
    /// The tag covers everything but what changes by itself, with the time, which is two figures and a place in the queue,
    /// and the result, which comes with a change of the counts.
    func tagged() -> (bytes: [UInt8], tag: EntityTag) {
        var json = JSONWriter()
        var marks: [Int] = []
        write(to: &json) { marks.append($0.bytes.count) }
        let bytes = json.bytes
        let covered = [
            bytes[..<marks[0]], bytes[marks[1]..<marks[2]], Array((waitingFor?.lasting ?? "").utf8)[...],
        ]
        return (bytes, EntityTag(revision: stored.task.revision, of: covered))
    }

    /// - Parameter mark: called before and behind what changes with the time, and behind the times.
    private func write(to json: inout JSONWriter, mark: (JSONWriter) -> Void) {
        json.object { json in
            writeIdentity(to: &json)
            writeInput(to: &json)
            writeRows(to: &json)
            mark(json)
            json.member(waitingFor: waitingFor)
            writeSpeed(to: &json)
            mark(json)
            writeTimes(to: &json)
            mark(json)
            writeResult(to: &json)
            TaskAddresses(id: stored.task.id).write(to: &json)
        }
    }

    private func writeIdentity(to json: inout JSONWriter) {
        let id = stored.task.id.description
        json.member("id", id)
        json.member("task_id", id)
        json.member("name", stored.task.name)
        json.member("status", stored.task.status.rawValue)
        json.member("final", stored.task.status.isFinal)
        json.member("model", stored.task.model.model)
        json.member("model_version", stored.task.model.version)
        json.member("model_digest", stored.task.model.digest)
        json.member("priority", stored.task.priority.rawValue)
        if stored.task.source == .sync { json.member("source", stored.task.source.rawValue) }
        json.key("metadata")
        json.object { json in
            for (name, value) in stored.task.metadata.sorted(by: { $0.key < $1.key }) {
                json.key(escaping: name)
                json.value(value)
            }
        }
    }

    private func writeInput(to json: inout JSONWriter) {
        json.key("input_format")
        json.raw(stored.inputFormat)
        json.key("warnings")
        json.raw(warnings)
        json.key("input")
        json.object { json in
            json.member("state", stored.task.input.rawValue)
            json.member("bytes", stored.task.inputBytes)
            json.member("rows", stored.task.rows.total)
        }
    }

    /// What was noted of the input, and what is true of the task now.
    private var warnings: String {
        guard isStranded else { return stored.warnings ?? "[]" }
        let stranded = InputWarning.text([.stranded(stored.task.model)]) ?? "[]"
        guard let noted = stored.warnings, noted.utf8.count > 2 else { return stranded }
        return noted.dropLast() + "," + stranded.dropFirst()
    }

    private func writeRows(to json: inout JSONWriter) {
        json.key("rows")
        json.object { json in
            json.member("total", stored.task.rows.total)
            json.member("pending", stored.task.rows.pending)
            json.member("processing", stored.task.rows.processing)
            json.member("succeeded", stored.task.rows.succeeded)
            json.member("failed", stored.task.rows.failed)
            json.member("cancelled", stored.task.rows.cancelled)
            json.member("expired", stored.task.rows.expired)
        }
        json.member("progress", progress.share)
    }

    private func writeSpeed(to json: inout JSONWriter) {
        let progress = self.progress
        json.member("rows_per_second", progress.rowsPerSecond)
        json.member("eta_seconds", progress.remainingSeconds)
    }

    var progress: TaskProgressEstimate {
        TaskProgressEstimate(stored.task, at: now, queueWait: queueWait, waitingFor: waitingFor)
    }

    private func writeTimes(to json: inout JSONWriter) {
        json.member("created_at", stored.task.createdAt)
        json.member("started_at", stored.task.startedAt)
        json.member("completed_at", stored.task.completedAt)
        json.member("deadline_at", stored.task.deadline)
        json.member("results_until", stored.task.resultsUntil)
    }

    private func writeResult(to json: inout JSONWriter) {
        if let result, result.count == 1 {
            json.key("result")
            PredictionMessage(task: stored.task).write(result, rows: 0..<1, firstRow: 0, to: &json)
        }
        json.key("error")
        if let failure = stored.task.failure {
            json.object { json in
                json.member("code", failure.rawValue)
                json.member("message", stored.task.refusal ?? failure.taskMessage)
            }
        } else {
            json.null()
        }
    }
}

extension ErrorCode {
    /// Why a task failed as a whole, for people.
    fileprivate var taskMessage: String {
        switch self {
        case .uploadIncomplete:
            "The input ended before its end; rows scored before stay readable. Submit the input again."
        case .limitReached:
            "A limit of the service was reached in the middle of the input; rows scored before stay readable."
        case .modelUnavailable:
            "No worker served the task's model version any more; rows scored before stay readable. Submit the rest again."
        case .invalidRows: "Some rows do not fit the model, and one bad row was to refuse all; none was scored."
        default: "The input could not be read to its end; rows scored before stay readable."
        }
    }
}

/// The addresses under which a task is reached.
struct TaskAddresses {
    /// The task's id, as it is written.
    let id: String
    let own: String

    init(id: TaskID) {
        self.id = id.description
        own = "/predict/async/" + self.id
    }

    func write(to json: inout JSONWriter) {
        json.key("urls")
        json.object { json in
            json.member("self", own)
            json.member("input", own, followedBy: "/input")
            json.member("results", own, followedBy: "/results")
            json.member("events", own, followedBy: "/events")
            json.member("manifest", own, followedBy: "/manifest")
            json.member("cancel", own, followedBy: "/cancel")
        }
    }
}

/// How far a task is, how fast it goes, and how long it will need.
struct TaskProgressEstimate {
    /// 0 to 1; nil until all rows are here.
    let share: Double?
    /// Over the time in which rows were worked on; nil before the first is done.
    let rowsPerSecond: Double?
    /// Nil until the input is complete, and while nothing of the model runs; from the queue until the task's own speed is
    /// known, and never less than the time before which no row runs; 0 for an ended task.
    let remainingSeconds: Double?

    init(_ task: PredictionTask, at now: WallTime, queueWait: Duration?, waitingFor: WaitingFor? = nil) {
        let isComplete = task.input == .complete && task.rows.total > 0
        share = isComplete ? (Double(task.rows.done) / Double(task.rows.total) * 10_000).rounded(.down) / 10_000 : nil
        let seconds = task.startedAt.map { ((task.completedAt ?? now) - $0).inSeconds } ?? 0
        let speed = task.rows.done > 0 && seconds > 0 ? Double(task.rows.done) / seconds : nil
        rowsPerSecond = speed.map { ($0 * 10).rounded() / 10 }
        let left = Double(task.rows.pending + task.rows.processing)
        let isKnown = isComplete && waitingFor?.isOpenEnded != true
        let start = waitingFor?.until.map { ($0 - now).inSeconds } ?? 0
        remainingSeconds =
            task.status.isFinal
            ? 0
            : isKnown
                ? (speed.map { left / $0 } ?? queueWait?.inSeconds).map { (max($0, start) * 10).rounded() / 10 } : nil
    }

    /// Seconds after which asking again makes sense.
    var retryAfter: Int { Int(min(max(remainingSeconds ?? 1, 1), 30)) }
}
