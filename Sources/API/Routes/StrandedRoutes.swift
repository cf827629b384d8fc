internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `/admin/stranded`: rows that wait while no worker serves their model version, and what an operator does with them.
struct StrandedRoutes {
    let context: APIContext
    let repeats: RepeatRoutes

    var routes: [Route] {
        [
            Route(.get, "/admin/stranded", .asynchronous { try await list($0) }),
            Route(.post, "/admin/stranded/fail", .collected(upTo: Limits.headerBytes) { try await fail($0, $1) }),
            Route(.post, "/admin/stranded/rerun", .collected(upTo: Limits.headerBytes) { try await rerun($0, $1) }),
        ]
    }

    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let found = try await stranded(of: nil)
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("stranded")
                json.array { json in for rows in found { write(rows, to: &json) } }
            }
        }
        return .json(body)
    }

    private func write(_ stranded: StrandedRows, to json: inout JSONWriter) {
        json.object { json in
            json.member("model", stranded.model.model)
            json.member("model_version", stranded.model.version)
            json.member("model_digest", stranded.model.digest)
            json.member("rows", stranded.rows)
        }
    }

    private func stranded(of model: String?) async throws -> [StrandedRows] {
        try await context.reading.read { [administration = context.administration] in
            try administration.stranded().filter { model == nil || $0.model.model == model }
        }
    }

    /// What waits of one model, or of all, a bounded number of tasks.
    private func tasks(of model: String?, limit: Int) async throws -> [StoredTask] {
        var tasks: [StoredTask] = []
        for rows in try await stranded(of: model) where tasks.count < limit {
            let room = limit - tasks.count
            tasks += try await context.reading.read { [administration = context.administration] in
                try administration.tasks(of: rows, limit: room)
            }
        }
        return tasks
    }

    private func options(_ request: HTTPRequest, _ bytes: [UInt8], _ names: [String]) throws -> RequestOptions {
        _ = try RequestOptions(request, known: [])
        try request.requireMediaType("application/json")
        let body = bytes.isEmpty ? nil : try JSONObject(parsing: bytes, members: names)
        return try RequestOptions(
            names.compactMap { name in try body?.string(name).map { (name, $0) } }, known: names)
    }

    // MARK: Fail

    private func fail(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let model = try options(request, bytes, ["model"]).text("model")
        let tasks = try await tasks(of: model, limit: Limits.strandedTasks)
        let failed = try await context.administration.fail(tasks)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("failed", failed)
                json.member("more", tasks.count == Limits.strandedTasks)
            }
        }
        return .json(body, status: 202)
    }

    // MARK: Rerun

    /// Runs the rows on another version, of each task in a task of its own; the old one is failed.
    private func rerun(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let options = try options(request, bytes, ["model", "model_version"])
        let model = try options.text("model")
        guard let version = try options.text("model_version") else {
            throw APIError.invalidParameter(name: "model_version", expected: "the version that the rows shall run on")
        }
        let tasks = try await tasks(of: model, limit: Limits.redrivenTasks)
        // A version that is not there is told before anything is done.
        for name in Set(tasks.map(\.task.model.model)) {
            _ = try context.catalog.resolve(model: name, version: version)
        }
        var redriven = Redriven()
        for stored in tasks {
            do {
                let target = try context.catalog.resolve(model: stored.task.model.model, version: version)
                let id = try await repeats.rerun(waiting: stored, on: target, request)
                _ = try await context.administration.fail([stored])
                redriven.made.append((stored.task.id, id, stored.task.rows.total))
            } catch let error as any CodedError where error is APIError || error is IntakeError {
                // One task that cannot be run elsewhere must not keep the others from it.
                redriven.refused.append((stored.task.id, error))
            }
        }
        let isMoreLeft = tasks.count == Limits.redrivenTasks && !redriven.made.isEmpty
        return .json(JSONWriter.write { redriven.write(isMoreLeft: isMoreLeft, to: &$0) }, status: 202)
    }
}
