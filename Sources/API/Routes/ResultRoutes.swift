internal import Core
internal import HTTP
internal import Store

/// `GET /predict/async/{id}/results`: pages, or the whole as a stream that follows a running task to its end.
struct ResultRoutes {
    let context: APIContext

    var routes: [Route] {
        [Route(.get, "/predict/async/{id}/results", .asynchronous { try await results($0) }, types: [])]
    }

    private func results(_ request: HTTPRequest) async throws -> HTTPResponse {
        let query = try ResultQuery(request)
        let lookup = TaskLookup(context: context)
        let stored = try await context.reading.read { try lookup.task(of: request) }
        let encoder = try await encoder(of: stored, query)
        if query.format == .json || query.limit != nil { return try await page(of: stored, query, encoder) }
        return try await stream(stored, query, encoder)
    }

    private func encoder(of stored: StoredTask, _ query: ResultQuery) async throws -> ResultEncoder {
        let (output, version) = (stored.task.output, stored.task.model.version)
        guard query.format == .csv else { return try ResultEncoder(output, version: version, query, input: nil) }
        // Her header is known once the first rows are stored; of a task whose rows are still to come, with them.
        var input = try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored) }
        var now = stored
        while query.isJoined, stored.kept == .records, input?.resumption == nil, now.task.input == .receiving {
            let changed = try await context.changes.change(
                of: now.task.id, past: now.task.revision, within: Limits.followWait)
            // Nothing has come yet: better said than waited for without an end.
            guard let changed else { throw APIError.inputAwaited }
            now = changed
            input = try await context.reading.read { [tasks = context.tasks, now] in try tasks.input(of: now) }
        }
        return try ResultEncoder(output, version: version, query, input: input)
    }

    // MARK: Pages

    private func page(
        of stored: StoredTask, _ query: ResultQuery, _ encoder: ResultEncoder
    ) async throws -> HTTPResponse {
        let limit = query.limit ?? Limits.defaultPageRows
        if limit > Limits.largePageRows {
            return try await context.pages.withSlot(for: nil, waiting: Limits.answerWait) {
                try await page(of: stored, query, encoder, limit: limit)
            }
        }
        return try await page(of: stored, query, encoder, limit: limit)
    }

    private func page(
        of stored: StoredTask, _ query: ResultQuery, _ encoder: ResultEncoder, limit: Int
    ) async throws -> HTTPResponse {
        var page = try await context.reading.read { [tasks = context.tasks] in
            try tasks.results(of: stored, from: query.cursor.place, limit: limit, withRecords: encoder.needsRecords)
        }
        let next = query.cursor.after(page)
        if var retries = try await retries(of: stored, query) { page = try await retries.merge(page) }
        let rows = page.parts.reduce(0) { $0 + $1.rows.count }
        // A page may also end early because its rows are large.
        let isComplete = stored.task.status.isFinal && rows < limit && !page.isCut
        let cursor = isComplete ? nil : next
        var headers = HTTPHeaders()
        if let cursor {
            let own = TaskAddresses(id: stored.task.id).own
            headers.set(
                "Link", "<\(own)/results?limit=\(limit)\(query.repeated)&cursor=\(cursor.text)>; rel=\"next\"")
            if rows < limit, !page.isCut { headers.set("Retry-After", "1") }
        }
        var encoder = encoder
        guard query.format == .json else {
            var lines = encoder.encode(page)
            if page.parts.isEmpty { lines += encoder.finish() }
            return .bytes(lines, type: encoder.mediaType, headers: headers)
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.key("results")
                encoder.write(page, to: &json)
                json.member("next_cursor", cursor?.text)
                json.member("complete", isComplete)
                if let threshold = query.shape.threshold {
                    json.key("threshold")
                    json.value(threshold)
                }
            }
        }
        return .json(body, headers: headers)
    }

    // MARK: Streams

    private func stream(
        _ stored: StoredTask, _ query: ResultQuery, _ encoder: ResultEncoder
    ) async throws -> HTTPResponse {
        let rows = stored.task.rows
        // A file that ends early must not look whole; who wants what is there says so.
        if stored.task.status.isFinal, !stored.task.isWhole, !query.isPartial { throw APIError.incomplete }
        var headers: HTTPHeaders = [
            "Content-Disposition": "attachment; filename=\"\(stored.task.id).\(query.format.rawValue)\""
        ]
        if query.isPartial { headers.set("Sibyl-Rows", "\(rows.done)/\(rows.total)") }
        if let threshold = query.shape.threshold { headers.set("Sibyl-Threshold", "\(threshold)") }
        let retries = try await retries(of: stored, query)
        return .stream(type: encoder.mediaType, headers: headers) { writer in
            try await write(stored, query, encoder, retries, to: writer)
        }
    }

    private func retries(of stored: StoredTask, _ query: ResultQuery) async throws -> Retries? {
        query.includesRetries ? try await Retries.find(of: stored, from: query.cursor, context: context) : nil
    }

    private func write(
        _ stored: StoredTask, _ query: ResultQuery, _ encoder: ResultEncoder, _ retries: Retries?,
        to writer: HTTPBodyWriter
    ) async throws {
        var encoder = encoder
        var reading = ResultReading(
            stored, from: query.cursor.place, context: context, withRecords: encoder.needsRecords,
            follows: !query.isPartial)
        var retries = retries
        var stride = StreamStride(isCrowded: writer.isCrowded)
        while var page = try await reading.next(stride.rows) {
            if let merged = try await retries?.merge(page) { page = merged }
            let lines = encoder.encode(page)
            let start = context.steady.now
            if !lines.isEmpty { try await writer.write(lines) }
            stride.wrote(in: context.steady.now - start, isCrowded: writer.isCrowded)
        }
        let ended = reading.stored
        // Throwing cuts the stream without its last chunk.
        if !query.isPartial, !ended.task.isWhole { throw APIError.incomplete }
        let end = encoder.finish(tail: try await tail(of: ended, encoder))
        if !end.isEmpty { try await writer.write(end) }
    }

    /// What stands behind the caller's last record; known once her input is whole, and so not before the last row.
    private func tail(of stored: StoredTask, _ encoder: ResultEncoder) async throws -> [UInt8] {
        guard encoder.needsRecords, stored.task.isWhole else { return [] }
        return try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored)?.tail ?? [] }
    }
}

extension PredictionTask {
    /// Whether the input came whole and each of its rows has its result.
    var isWhole: Bool { input == .complete && rows.done == rows.total }
}
