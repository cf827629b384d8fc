internal import Core
internal import HTTP
internal import Queue
internal import Store

/// `/predict/async/{id}`: a task's state, its end before its time, and the list of all.
struct TaskRoutes {
    let context: APIContext

    private var lookup: TaskLookup { TaskLookup(context: context) }

    var routes: [Route] {
        [
            Route(.get, "/predict/async", .asynchronous { try await list($0) }),
            Route(
                .get, "/predict/async/{id}",
                .chosen { request in
                    request.query.first("wait") == nil
                        ? context.pointRead { try status($0) } : .asynchronous { try await awaitedStatus($0) }
                }),
            Route(.post, "/predict/async/{id}/cancel", .asynchronous { try await cancel($0) }),
            Route(.delete, "/predict/async/{id}", .asynchronous { try await purge($0) }, types: []),
        ]
    }

    // MARK: State

    /// A point read.
    private func status(_ request: HTTPRequest) throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        return try answer(try lookup.task(of: request), to: request)
    }

    /// Holds the answer until the task is not as the caller knows it, or, where no version was named, until it has ended.
    private func awaitedStatus(_ request: HTTPRequest) async throws -> HTTPResponse {
        let options = try RequestOptions(request, known: ["wait"])
        let longest = Int(Limits.preferredWait.components.seconds)
        let deadline = context.steady.now + .seconds(try options.integer("wait", in: 0...longest) ?? 0)
        var stored = try await find(request)
        if !stored.task.status.isFinal { _ = try await context.forecastView() }
        if isAwaited(stored, by: request), context.steady.now < deadline {
            do {
                let changed = try await context.changes.change(
                    of: stored.task.id, within: deadline - context.steady.now,
                    when: { [self] in !isAwaited($0, by: request) })
                // Without a named version the wait may end with other counts than it began with.
                stored = if let changed { changed } else { try await find(request) }
            } catch StoreError.tooManyWaiting {
                // As if nothing had changed: the caller asks again after the time that the answer names.
            }
        }
        return try await context.reading.read { [self, stored] in try answer(stored, to: request) }
    }

    /// Whether the answer is held: the task has not ended, and is as the caller has it.
    private func isAwaited(_ stored: StoredTask, by request: HTTPRequest) -> Bool {
        if stored.task.status.isFinal { return false }
        guard request.headers.first("If-None-Match") != nil else { return true }
        return context.message(of: stored, result: nil).tagged().tag.isNamed(by: request.headers)
    }

    /// Answers with the task, or 304 with the same headers when the caller has it as it is.
    private func answer(_ stored: StoredTask, to request: HTTPRequest) throws -> HTTPResponse {
        let message = try message(of: stored)
        let (bytes, tag) = message.tagged()
        var headers: HTTPHeaders = ["ETag": tag.text, "Vary": "Accept-Encoding"]
        if !stored.task.status.isFinal { headers.set("Retry-After", "\(message.progress.retryAfter)") }
        if tag.isNamed(by: request.headers) { return HTTPResponse(status: 304, headers: headers) }
        return .json(bytes, headers: headers)
    }

    private func message(of stored: StoredTask) throws -> TaskMessage {
        // A one-row task that came as a stream keeps its result like any chunk's.
        let result =
            try stored.result
            ?? (stored.task.rows.total == 1
                ? context.tasks.results(of: stored, from: .start, limit: 1).parts.first?.predictions : nil)
        return try context.currentMessage(of: stored, result: result)
    }

    // MARK: List

    /// Reads many tasks.
    ///
    /// Where a filter leaves few of those that one look goes through, the page has fewer than asked for, or none, and still
    /// a cursor.
    private func list(_ request: HTTPRequest) async throws -> HTTPResponse {
        let options = try RequestOptions(
            request, known: ["status", "model", "model_version", "name", "source", "limit", "cursor"],
            prefixes: [Self.metadataPrefix])
        let limit = try options.integer("limit", in: 1...Limits.pageTasks) ?? Limits.defaultPageTasks
        let filter = try filter(options)
        let (messages, next) = try await context.reading.read(.long) { [context] in
            let page = try context.tasks.list(owner: APIContext.owner, filter, limit: limit)
            return (try page.tasks.map { try context.currentMessage(of: $0, result: $0.result) }, page.next)
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("tasks")
                json.array { json in for message in messages { message.write(to: &json) } }
                json.member("next_cursor", next?.description)
            }
        }
        return .json(body)
    }

    private static let metadataPrefix = "metadata."

    private func filter(_ options: RequestOptions) throws -> TaskFilter {
        let metadata = try options.texts(under: Self.metadataPrefix, maximumBytes: Limits.metadataBytes)
        guard metadata.count < 2 else {
            throw APIError.invalidParameter(name: "metadata", expected: "one name and its value")
        }
        let before = try options.taskID("cursor")
        return TaskFilter(
            status: try options.word("status", of: PredictionTask.Status.self), model: try options.text("model"),
            version: try options.text("model_version"), name: try options.text("name"),
            source: try options.word("source", of: PredictionTask.Source.self) ?? .async,
            metadata: metadata.first.map { (name: $0.key, value: $0.value) }, before: before)
    }

    // MARK: End

    /// 202 when the task is being stopped, 200 when it was already, 409 when it had ended.
    private func cancel(_ request: HTTPRequest) async throws -> HTTPResponse {
        let stored = try await find(request)
        if try await context.submissions.cancel(stored) {
            return try await answer(request, status: 202)
        }
        let now = try await find(request)
        guard now.task.status == .cancelling || now.task.status == .cancelled else { throw APIError.taskEnded }
        return try await answer(request, status: 200)
    }

    private func purge(_ request: HTTPRequest) async throws -> HTTPResponse {
        try await context.submissions.purge(try await find(request))
        return HTTPResponse(status: 204)
    }

    private func find(_ request: HTTPRequest) async throws -> StoredTask {
        try await context.reading.read { [lookup] in try lookup.task(of: request) }
    }

    private func answer(_ request: HTTPRequest, status: Int) async throws -> HTTPResponse {
        let message = try await context.reading.read { [self] () throws -> TaskMessage in
            try self.message(of: lookup.task(of: request))
        }
        var headers = HTTPHeaders()
        if !message.stored.task.status.isFinal { headers.set("Retry-After", "\(message.progress.retryAfter)") }
        return .json(JSONWriter.write { message.write(to: &$0) }, status: status, headers: headers)
    }
}
