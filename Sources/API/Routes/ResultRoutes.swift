internal import Core
internal import HTTP
internal import Store

/// `GET /predict/async/{id}/results`: pages, or the whole as a stream that follows a running task to its end.
struct ResultRoutes {
    let context: APIContext

    var routes: [Route] {
        [Route(.get, "/predict/async/{id}/results", .asynchronous { try await results($0) })]
    }

    private func results(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try ResultQuery(request)
        let lookup = TaskLookup(context: context)
        let stored = try await context.reading.read { try lookup.task(of: request) }
        if query.format == .json || query.limit != nil { return try await page(of: stored, query) }
        return try stream(stored, query)
    }

    // MARK: Pages

    private func page(of stored: StoredTask, _ query: ResultQuery) async throws -> HTTPResponse {
        let limit = query.limit ?? Limits.defaultPageRows
        let page = try await context.reading.read { [tasks = context.tasks] in
            try tasks.results(of: stored, from: query.place, limit: limit)
        }
        let rows = page.parts.reduce(0) { $0 + $1.rows.count }
        let isComplete = stored.task.status.isFinal && rows < limit
        let cursor = isComplete ? nil : ResultCursor(place: page.next)
        var headers = HTTPHeaders()
        if let cursor {
            let own = TaskAddresses(id: stored.task.id).own
            headers.set("Link", "<\(own)/results?limit=\(limit)\(query.kept)&cursor=\(cursor.text)>; rel=\"next\"")
            if rows < limit { headers.set("Retry-After", "1") }
        }
        var encoder = ResultEncoder(stored.task, format: query.format, errorsOnly: query.errorsOnly)
        if query.format != .json {
            let lines = encoder.encode(page)
            return .bytes(
                lines.isEmpty ? encoder.headerIfEmpty() : lines, type: query.format.mediaType, headers: headers)
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("results")
                write(page, of: stored.task, query, to: &json)
                json.member("next_cursor", cursor?.text)
                json.member("complete", isComplete)
            }
        }
        return .json(body, headers: headers)
    }

    private func write(_ page: ResultPage, of task: PredictionTask, _ query: ResultQuery, to json: inout JSONWriter) {
        let message = PredictionMessage(task: task)
        json.array { json in
            for part in page.parts where !query.errorsOnly {
                message.write(part.predictions, rows: part.rows, firstRow: part.firstRow, to: &json)
            }
            for part in page.parts where query.errorsOnly {
                for fault in part.predictions.faults where part.rows.contains(fault.row) {
                    message.write(
                        part.predictions, rows: fault.row..<fault.row + 1, firstRow: part.firstRow, to: &json)
                }
            }
        }
    }

    // MARK: Streams

    private func stream(_ stored: StoredTask, _ query: ResultQuery) throws -> HTTPResponse {
        let rows = stored.task.rows
        // A file that ends early must not look whole; who wants what is there says so.
        if stored.task.status.isFinal, rows.done < rows.total, !query.isPartial { throw APIError.incomplete }
        var headers: HTTPHeaders = [
            "Content-Disposition": "attachment; filename=\"\(stored.task.id).\(query.format.rawValue)\""
        ]
        if query.isPartial { headers.set("Sibyl-Rows", "\(rows.done)/\(rows.total)") }
        return .stream(type: query.format.mediaType, headers: headers) { writer in
            try await write(stored, query, to: writer)
        }
    }

    /// Writes page after page, each from a read of its own, and waits for more while the task runs.
    private func write(_ stored: StoredTask, _ query: ResultQuery, to writer: HTTPBodyWriter) async throws {
        var stored = stored
        var place = query.place
        var encoder = ResultEncoder(stored.task, format: query.format, errorsOnly: query.errorsOnly)
        while true {
            let page = try await context.reading.read { [tasks = context.tasks, stored, place] in
                try tasks.results(of: stored, from: place, limit: Limits.runRows)
            }
            if !page.parts.isEmpty {
                let lines = encoder.encode(page)
                if !lines.isEmpty { try await writer.write(lines) }
                place = page.next
            } else if stored.task.status.isFinal || query.isPartial {
                break
            } else if let changed = try await context.changes.change(
                of: stored.task.id, past: stored.task.revision, within: Limits.followWait)
            {
                stored = changed
                if stored.isSwept { throw APIError.taskExpired }
            }
        }
        // Throwing cuts the stream without its last chunk.
        if !query.isPartial, stored.task.rows.done < stored.task.rows.total { throw APIError.incomplete }
        let header = encoder.headerIfEmpty()
        if !header.isEmpty { try await writer.write(header) }
    }
}

/// What a caller asks of results.
struct ResultQuery: Sendable {
    let format: ResultFormat
    /// Rows of the page; nil for the default page, or the whole as a stream.
    let limit: Int?
    let place: ResultPlace
    let errorsOnly: Bool
    /// Whether a file may end where the results end now.
    let isPartial: Bool

    init(_ request: HTTPRequest) throws {
        let options = try RequestOptions(request, known: ["limit", "cursor", "format", "errors_only", "partial"])
        limit = try options.integer("limit", in: 1...Limits.pageRows)
        place = try options.text("cursor").map { try ResultCursor(text: $0).place } ?? .start
        errorsOnly = try options.flag("errors_only") ?? false
        isPartial = try options.flag("partial") ?? false
        let names = ResultFormat.allCases.map(\.rawValue)
        if let name = try options.text("format") {
            guard let format = ResultFormat(rawValue: name) else {
                throw APIError.invalidParameter(name: "format", expected: names.joined(separator: ", "))
            }
            self.format = format
        } else {
            format = try Self.acceptable(request)
        }
    }

    /// The first format that the caller accepts; JSON is preferred.
    private static func acceptable(_ request: HTTPRequest) throws -> ResultFormat {
        let types: [(String, ResultFormat)] = [
            ("application/json", .json), ("text/csv", .csv), ("application/x-ndjson", .ndjson),
            ("application/jsonl", .ndjson),
        ]
        guard let found = types.first(where: { request.accepts($0.0) }) else {
            throw APIError.notAcceptable(known: types.map(\.0))
        }
        return found.1
    }

    /// The options that the address of the next page repeats.
    var kept: String {
        (format == .json ? "" : "&format=\(format.rawValue)") + (errorsOnly ? "&errors_only=true" : "")
    }
}
