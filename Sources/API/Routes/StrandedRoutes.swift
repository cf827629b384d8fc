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
        try await context.reading.read(.long) { [administration = context.administration] in
            try administration.stranded().filter { model == nil || $0.model.model == model }
        }
    }

    /// What waits of one model, or of all, a bounded number of tasks.
    ///
    /// - Returns: the tasks, and where the next ones begin; nil when these are the last.
    private func tasks(
        of model: String?, from cursor: StrandedCursor?, limit: Int
    ) async throws -> (tasks: [StoredTask], next: StrandedCursor?) {
        var tasks: [StoredTask] = []
        // What is gone from the list meanwhile is passed over: the order is that of the keys.
        let left = try await stranded(of: model).sorted { $0.key < $1.key }
            .filter { $0.key >= cursor?.model ?? .min }
        for rows in left {
            let place = cursor.flatMap { $0.model == rows.key ? $0.place : nil } ?? .start
            let room = limit - tasks.count
            if room == 0 { return (tasks, StrandedCursor(model: rows.key, place: place)) }
            let found = try await context.reading.read(.long) { [administration = context.administration] in
                try administration.tasks(of: rows, from: place, limit: room)
            }
            tasks += found.tasks
            if let next = found.next { return (tasks, StrandedCursor(model: rows.key, place: next)) }
        }
        return (tasks, nil)
    }

    private func cursor(_ options: RequestOptions) throws -> StrandedCursor? {
        try options.text("next").map { try StrandedCursor(text: $0) }
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
        let options = try options(request, bytes, ["model", "next"])
        let (tasks, next) = try await tasks(
            of: options.text("model"), from: cursor(options), limit: Limits.strandedTasks)
        let failed = try await context.administration.fail(tasks)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("failed", failed)
                json.member("more", next != nil)
                json.member("next", next?.text)
            }
        }
        return .json(body, status: 202)
    }

    // MARK: Rerun

    /// Runs the rows on another version, of each task in a task of its own; the old one fails in the same moment.
    private func rerun(_ request: HTTPRequest, _ bytes: [UInt8]) async throws -> HTTPResponse {
        let options = try options(request, bytes, ["model", "model_version", "next"])
        guard let version = try options.text("model_version") else {
            throw APIError.invalidParameter(name: "model_version", expected: "the version that the rows shall run on")
        }
        let begin = try cursor(options)
        let (tasks, next) = try await tasks(of: options.text("model"), from: begin, limit: Limits.redrivenTasks)
        // A version that is not there is told before anything is done.
        for name in Set(tasks.map(\.task.model.model)) {
            try await requireServed(try context.catalog.resolve(model: name, version: version))
        }
        let (redriven, isStopped) = try await rerun(tasks, on: version)
        // Where the service takes no more, the next request begins like this one: what was made is not met again.
        let place = isStopped ? begin : next
        let body = JSONWriter.write {
            redriven.write(isMoreLeft: isStopped || next != nil, next: place?.text, to: &$0)
        }
        return .json(body, status: 202)
    }

    /// Rows that move to a version that nobody serves would be stranded again, and met again, without end.
    private func requireServed(_ model: ResolvedModel) async throws {
        let isServed = try await context.reading.read { [administration = context.administration] in
            try administration.isServed(model.identity)
        }
        guard isServed else {
            throw APIError.modelUnserved(model: model.identity.model, version: model.identity.version)
        }
    }

    /// - Returns: what became of the tasks, and whether the service took no more before their end.
    private func rerun(
        _ tasks: [StoredTask], on version: String
    ) async throws -> (Redriven, isStopped: Bool) {
        var redriven = Redriven()
        for stored in tasks {
            do {
                let target = try context.catalog.resolve(model: stored.task.model.model, version: version)
                let id = try await repeats.rerun(stranded: stored, on: target)
                redriven.made.append((stored.task.id, id, stored.task.rows.total))
            } catch let error as any CodedError {
                if Problems.status(of: error.code) == 503 {
                    if redriven.made.isEmpty { throw error }
                    return (redriven, true)
                }
                // One task that cannot be run elsewhere must not keep the others from it.
                redriven.refused.append((stored.task.id, error))
            }
        }
        return (redriven, false)
    }
}

/// The text that names where the next stranded tasks begin; callers treat it as opaque.
struct StrandedCursor: Equatable {
    /// The model version's key in the database.
    let model: Int64
    let place: StrandedTable.Place

    init(model: Int64, place: StrandedTable.Place) {
        self.model = model
        self.place = place
    }

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` for a text that this service did not make.
    init(text: String) throws {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int64($0) }
        switch (numbers.count, numbers.first ?? nil, numbers.dropFirst().first ?? nil, numbers.last ?? nil) {
        case (3, let model?, let rank?, let key?): self.init(model: model, place: .ready(rank: rank, key: key))
        case (2, let model?, let key?, _): self.init(model: model, place: .parked(key: key))
        default: throw APIError.invalidParameter(name: "next", expected: "the `next` of an answer")
        }
    }

    var text: String {
        switch place {
        case .ready(let rank, let key): "\(model).\(rank).\(key)"
        case .parked(let key): "\(model).\(key)"
        }
    }
}
