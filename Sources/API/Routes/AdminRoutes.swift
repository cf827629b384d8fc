internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `/admin`: what an operator does: stop and start models, and run dead rows again.
struct AdminRoutes {
    let context: APIContext
    let repeats: RepeatRoutes

    var routes: [Route] {
        [
            Route(.get, "/admin/dead", .asynchronous { try await dead($0) }),
            Route(.post, "/admin/redrive", .collected(upTo: Limits.headerBytes) { try await redrive($0, $1) }),
            Route(.post, "/admin/queue/pause", .collected(upTo: Limits.headerBytes) { try await pause($0, $1) }),
            Route(.post, "/admin/queue/resume", .collected(upTo: Limits.headerBytes) { try await resume($0, $1) }),
        ]
    }

    /// What a request of this room may name.
    private func body(_ request: HTTPRequest, _ bytes: [UInt8], _ names: [String]) throws -> JSONObject? {
        _ = try RequestOptions(request, known: [])
        try request.requireMediaType("application/json")
        return bytes.isEmpty ? nil : try JSONObject(parsing: bytes, members: names)
    }

    // MARK: Dead rows

    private func dead(_ request: HTTPRequest) async throws -> HTTPResponse {
        let options = try RequestOptions(request, known: ["limit", "cursor"])
        let limit = try options.integer("limit", in: 1...Limits.pageTasks) ?? Limits.defaultPageTasks
        let before = try options.taskID("cursor")
        let found = try await context.reading.read(.long) { [tasks = context.tasks] in
            try tasks.dead(owner: APIContext.owner, before: before, limit: limit)
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("tasks")
                json.array { json in for (stored, rows) in found { write(stored.task, rows, to: &json) } }
                json.member("next_cursor", found.count == limit ? found.last?.task.task.id.description : nil)
            }
        }
        return .json(body)
    }

    private func write(_ task: PredictionTask, _ rows: Int, to json: inout JSONWriter) {
        json.object { json in
            json.member("id", task.id.description)
            json.member("name", task.name)
            json.member("model", task.model.model)
            json.member("model_version", task.model.version)
            json.member("dead_rows", rows)
            json.member("completed_at", task.completedAt)
            json.member("results", TaskAddresses(id: task.id).own + "/results?errors_only=true")
        }
    }

    /// Runs dead rows again, of one task, of a model, or of all, a bounded number of tasks; each in a task of its own.
    private func redrive(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let body = try body(request, bytes, ["task", "model"])
        let id = try body?.string("task").map { text in
            guard let id = TaskID(text) else { throw APIError.taskNotFound }
            return id
        }
        let model = try body?.string("model")
        let found = try await context.reading.read(.long) { [tasks = context.tasks] in
            try tasks.dead(owner: APIContext.owner, before: nil, limit: Limits.pageTasks)
        }
        let chosen = found.filter {
            (id ?? $0.task.task.id) == $0.task.task.id
                && (model ?? $0.task.task.model.model) == $0.task.task.model.model
        }
        if id != nil, chosen.isEmpty { throw APIError.nothingToRetry }
        let redriven = try await retry(chosen.prefix(Limits.redrivenTasks).map(\.task))
        let isMoreLeft = chosen.count > Limits.redrivenTasks || found.count == Limits.pageTasks
        return .json(JSONWriter.write { redriven.write(isMoreLeft: isMoreLeft, to: &$0) }, status: 202)
    }

    private func retry(_ tasks: [StoredTask]) async throws -> Redriven {
        var redriven = Redriven()
        for stored in tasks {
            do {
                let accepted = try await repeats.retry(stored, SubmissionOptions([], names: [], isTable: false))
                redriven.made.append((stored.task.id, accepted.request.draft.id, accepted.rows))
            } catch let error as APIError {
                // One task that cannot be run again must not keep the others from it.
                redriven.refused.append((stored.task.id, error))
            }
        }
        return redriven
    }

    // MARK: Standstill

    private func pause(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let model = try body(request, bytes, ["model"])?.string("model")
        if let model { _ = try context.catalog.find(model: model, version: nil) }
        try await context.administration.pause(model)
        return try await standstill()
    }

    /// A model that is no longer here may be resumed too.
    private func resume(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let items = try body(request, bytes, ["model"])?.string("model").map { [("model", $0)] } ?? []
        try await context.administration.resume(try RequestOptions(items, known: ["model"]).text("model"))
        return try await standstill()
    }

    /// What stands now.
    ///
    /// This process knows it as soon as its caller does; the others hear it by their doorbells.
    private func standstill() async throws -> HTTPResponse {
        context.forecast.expire()
        let now = try await context.reading.read { [administration = context.administration] in
            try administration.standstill()
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("all_paused", now.isAllPaused)
                json.key("paused")
                json.array { json in for name in now.paused { json.value(name) } }
                json.key("failing")
                json.array { json in for (model, _) in now.failing { json.value("\(model.model)_\(model.version)") } }
            }
        }
        return .json(body)
    }
}

/// What became of rows that were to run again.
struct Redriven {
    var made: [(from: TaskID, to: TaskID, rows: Int)] = []
    var refused: [(id: TaskID, error: any CodedError)] = []

    func write(isMoreLeft: Bool, next: String? = nil, to json: inout JSONWriter) {
        json.object { json in
            json.key("redriven")
            json.array { json in
                for (from, to, rows) in made {
                    json.object { json in
                        json.member("from", from.description)
                        json.member("id", to.description)
                        json.member("rows", rows)
                    }
                }
            }
            json.key("refused")
            json.array { json in
                for (id, error) in refused {
                    json.object { json in
                        json.member("id", id.description)
                        json.member("code", error.code.rawValue)
                        json.member("message", error.message)
                    }
                }
            }
            json.member("more", isMoreLeft)
            if let next { json.member("next", next) }
        }
    }
}
