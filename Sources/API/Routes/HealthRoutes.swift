internal import Catalog
internal import Core
internal import HTTP
internal import Operations
internal import Queue
internal import Store

/// `/live`, `/ready` and `/health`: they tell the truth, and never close the door of a queue that can accept.
struct HealthRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(.get, "/live", .immediate { _ in .json(JSONWriter.write { $0.object { $0.member("live", true) } }) }),
            Route(.get, "/ready", .asynchronous { _ in await ready() }),
            Route(.get, "/health", .asynchronous { _ in try await health() }),
        ]
    }

    /// Ready means: a submission now would be on disk, with or without workers.
    private func ready() async -> HTTPResponse {
        let problems = await context.readiness.problems()
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("ready", problems.isEmpty)
                json.write(reasons: problems.map(\.message))
            }
        }
        guard let problem = problems.first else { return .json(body) }
        var answer = HTTPResponse.json(body, status: 503, headers: ["Retry-After": "1"])
        answer.code = problem.code
        return answer
    }

    private func health() async throws -> HTTPResponse {
        let problems = await context.readiness.problems()
        let state = try await context.reading.read(.long) { [context] in try HealthState(context, problems: problems) }
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("status", state.status)
                json.member("version", Version.current)
                json.member("timestamp", context.clock.now)
                json.key("models_loaded")
                json.object { json in
                    for (name, isReady) in state.models {
                        json.key(escaping: name)
                        json.value(isReady)
                    }
                }
                json.member("workers", state.workers)
                json.key("queue")
                json.object { json in
                    json.member("rows_waiting", state.waitingRows)
                    json.member("oldest_seconds", state.oldestSeconds)
                }
                json.write(reasons: state.reasons)
            }
        }
        var answer = HTTPResponse.json(body, status: state.trouble == nil ? 200 : 503)
        answer.code = state.trouble?.code
        return answer
    }
}

/// The whole service at a glance.
struct HealthState {
    let models: [(name: String, isReady: Bool)]
    let workers: Int
    let waitingRows: Int
    /// The age of the oldest task that has not ended; nil when none waits.
    let oldestSeconds: Double?
    let reasons: [String]
    /// What keeps the service from accepting and is no bound of its own; nil while nothing does.
    let trouble: Readiness.Problem?

    init(_ context: APIContext, problems: [Readiness.Problem]) throws {
        let served = ServedModels(try context.workforce.models(), refused: context.catalog.refused)
        workers = try context.workforce.workers()
        waitingRows = try context.tasks.waitingRows()
        let now = context.clock.now
        oldestSeconds = try context.tasks.oldestWaiting().map { max(0, (now - $0).inSeconds) }
        trouble = problems.first { !$0.isOfRoom }
        let bounds = try context.capacity.look().reasons
        var reasons = problems.filter { bounds.isEmpty || !$0.isOfRoom }.map(\.message) + bounds
        if let standstill = context.keeperStandstill() { reasons.append(Self.reason(keeperStoodFor: standstill)) }
        if workers == 0 { reasons.append(Obstacle.noWorker.message + " Submissions are accepted.") }
        models = context.catalog.models.flatMap { model in
            model.resolved.map { version in
                if let reason = served.reason(version) { reasons.append(reason) }
                return ("\(model.name)_\(version.version.name)", served.workers(version) > 0)
            }
        }
        reasons += context.catalog.broken.sorted { $0.key < $1.key }.map(\.value.message)
        reasons += try context.administration.stranded().map(\.reason)
        let standstill = try context.administration.standstill()
        reasons += standstill.obstacles.map(\.message)
        self.reasons = reasons
    }

    private static func reason(keeperStoodFor time: Duration) -> String {
        "No process has kept house for \(max(1, Int(time.inSeconds))) s: what dead workers held waits, and nothing expires. "
            + "Another is elected by itself; if that lasts, start another process, or continue the stopped one."
    }

    var status: String { trouble != nil ? "unhealthy" : reasons.isEmpty ? "healthy" : "degraded" }
}

extension JSONWriter {
    fileprivate mutating func write(reasons: [String]) {
        key("reasons")
        array { json in for reason in reasons { json.value(reason) } }
    }
}
