internal import Core
internal import Queue
internal import Store

/// What a task's rows wait for: API.md, section 3.
struct WaitingFor: Codable, Equatable {
    /// The kinds of it, a bounded vocabulary.
    enum Code: String, Codable {
        case paused
        case noWorker = "no_worker"
        case modelUnserved = "model_unserved"
        case modelLoading = "model_loading"
        case modelBroken = "model_broken"
        case breakerOpen = "breaker_open"
        /// The time before which no row may run has not come.
        case notBefore = "not_before"
        /// More of the task's own input must come.
        case input
        /// Its rows failed in a run, and are tried again after a pause.
        case retry
        /// Other rows of the model run before.
        case queue
    }

    let code: Code
    /// What it is, and what to do about it, for people.
    let message: String
    /// When it ends by itself, in milliseconds since 1970; nil where nobody knows.
    private(set) var untilMilliseconds: Int64?
    /// Rows of the model that run before; nil for anything else than ``Code/queue``.
    private(set) var rows: Int?

    private init(_ code: Code, _ message: String, until: WallTime? = nil, rows: Int? = nil) {
        self.code = code
        self.message = message
        untilMilliseconds = until?.milliseconds
        self.rows = rows
    }

    init(_ obstacle: Obstacle) {
        var until: WallTime?
        if case .failing(_, let time) = obstacle { until = time }
        self.init(obstacle.code, obstacle.message, until: until)
    }

    /// - Parameter time: before when no row may run.
    static func time(_ time: WallTime) -> WaitingFor {
        WaitingFor(.notBefore, "No row runs before \(time), as `not_before` says.", until: time)
    }

    static let input = WaitingFor(.input, "More of the input must come; send it to the address in `urls.input`.")

    /// What a task waits for now.
    ///
    /// - Parameter view: what was last seen of the queue; nil before the first look.
    init?(_ stored: StoredTask, _ view: Forecast.View?, at now: WallTime) {
        let task = stored.task
        guard [.pending, .processing].contains(task.status) else { return nil }
        if task.rows.pending == 0 {
            guard task.rows.processing == 0, task.input == .receiving else { return nil }
            self = .input
        } else if let obstacle = view?.obstacle(to: task.model) {
            self.init(obstacle)
        } else if task.rows.processing == 0, let next = stored.next {
            self.init(next, of: task, view, at: now)
        } else {
            return nil
        }
    }

    private init?(_ next: NextChunk, of task: PredictionTask, _ view: Forecast.View?, at now: WallTime) {
        switch next {
        case .held(nil):
            guard task.input == .receiving else { return nil }
            self = .input
        case .held(let time?):
            guard time > now else { return nil }
            self = .time(time)
        case .failed(let time):
            guard time > now else { return nil }
            self.init(.retry, "Rows failed in a run, and are tried again at \(time).", until: time)
        case .ready(let rank):
            let (rows, mayBeMore) = view?.rows(of: task.model, before: rank) ?? (0, false)
            guard rows > 0 else { return nil }
            let count = "\(mayBeMore ? "at least " : "")\(rows) row\(rows == 1 ? "" : "s")"
            self.init(.queue, "\(count) of the model run before.", rows: rows)
        }
    }

    var until: WallTime? { untilMilliseconds.map(WallTime.init(milliseconds:)) }

    /// Whether nobody can say when the rows will run, because nothing of their model runs now or more of them must come.
    var isOpenEnded: Bool {
        switch code {
        case .paused, .noWorker, .modelUnserved, .modelLoading, .modelBroken, .breakerOpen, .input: true
        case .notBefore, .retry, .queue: false
        }
    }

    /// What of it changes otherwise than with each row that runs; nil for a place in the queue.
    var lasting: String? { code == .queue ? nil : message }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("code", code.rawValue)
            json.member("message", message)
            if let until { json.member("until", until) }
            if let rows { json.member("rows", rows) }
        }
    }
}

extension JSONWriter {
    /// Writes what a task waits for; null for nothing.
    mutating func member(waitingFor waiting: WaitingFor?) {
        key("waiting_for")
        if let waiting { waiting.write(to: &self) } else { null() }
    }
}

extension Obstacle {
    /// What it is called in answers.
    var code: WaitingFor.Code {
        switch self {
        case .paused: .paused
        case .noWorker: .noWorker
        case .unserved: .modelUnserved
        case .loading: .modelLoading
        case .broken: .modelBroken
        case .failing: .breakerOpen
        }
    }
}
