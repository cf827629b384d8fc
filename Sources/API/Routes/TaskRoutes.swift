internal import Core
internal import HTTP
internal import Store

/// `GET /predict/async/{id}` and its results.
///
/// Point reads, answered on the connection's own thread.
struct TaskRoutes {
    let context: APIContext

    var routes: [Route] {
        [
            Route(.get, "/predict/async/{id}", .immediate { try status($0) }),
            Route(.get, "/predict/async/{id}/results", .immediate { try results($0) }),
        ]
    }

    private func status(_ request: HTTPRequest) throws -> HTTPResponse {
        _ = try RequestOptions(request, known: [])
        let stored = try find(request)
        // A one-row task that came as a stream keeps its result like any chunk's.
        let result =
            try stored.result
            ?? (stored.task.rows.total == 1
                ? context.tasks.results(of: stored, from: .start, limit: 1).parts.first?.predictions : nil)
        let message = TaskMessage(stored: stored, result: result, now: context.clock.now)
        let body = JSONWriter.write { message.write(to: &$0) }
        return .json(body, headers: stored.task.status.isFinal ? [:] : ["Retry-After": "1"])
    }

    private func results(_ request: HTTPRequest) throws -> HTTPResponse {
        let options = try RequestOptions(request, known: ["limit", "cursor"])
        try request.requireAccepting("application/json")
        let limit = try options.integer("limit", in: 1...Limits.pageRows) ?? Limits.defaultPageRows
        let place = try options.text("cursor").map { try ResultCursor(text: $0).place } ?? .start
        let stored = try find(request)
        let page = try context.tasks.results(of: stored, from: place, limit: limit)
        let rows = page.parts.reduce(0) { $0 + $1.rows.count }
        let isComplete = stored.task.status.isFinal && rows < limit
        let cursor = isComplete ? nil : ResultCursor(place: page.next)
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("results")
                write(page, of: stored.task, to: &json)
                json.member("next_cursor", cursor?.text)
                json.member("complete", isComplete)
            }
        }
        var headers = HTTPHeaders()
        if let cursor {
            let next = TaskAddresses(id: stored.task.id).own + "/results?limit=\(limit)&cursor=\(cursor.text)"
            headers.set("Link", "<\(next)>; rel=\"next\"")
            if rows < limit { headers.set("Retry-After", "1") }
        }
        return .json(body, headers: headers)
    }

    private func write(_ page: ResultPage, of task: PredictionTask, to json: inout JSONWriter) {
        let message = PredictionMessage(task: task)
        json.array { json in
            for part in page.parts {
                message.write(part.predictions, rows: part.rows, firstRow: part.firstRow, to: &json)
            }
        }
    }

    private func find(_ request: HTTPRequest) throws -> StoredTask {
        guard let id = TaskID(request.parameter("id")),
            let stored = try context.tasks.task(id, owner: APIContext.owner)
        else { throw APIError.taskNotFound }
        if stored.isSwept { throw APIError.taskExpired }
        return stored
    }
}

/// The text that names where the next page begins; callers treat it as opaque.
struct ResultCursor {
    let place: ResultPlace

    init(place: ResultPlace) { self.place = place }

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` for a text that this service did not make.
    init(text: String) throws {
        let numbers = text.split(separator: ".", omittingEmptySubsequences: false).map { Int($0) }
        guard numbers.count == 2, let position = numbers[0], let row = numbers[1],
            (0..<ChunkKey.positions).contains(position), (0..<Limits.chunkBytes).contains(row)
        else { throw APIError.invalidParameter(name: "cursor", expected: "a `next_cursor` as it was answered") }
        place = ResultPlace(position: position, row: row)
    }

    var text: String { "\(place.position).\(place.row)" }
}
