internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `POST /predict/async`: takes rows and answers with a task's id once the task is on disk.
struct SubmissionRoutes {
    let context: APIContext

    var routes: [Route] {
        [Route(.post, "/predict/async", .streamed(upTo: Limits.streamBodyBytes) { try await submit($0, $1) })]
    }

    private static let mediaTypes = ["application/json", "text/csv", "application/x-ndjson"]

    private func submit(_ request: HTTPRequest, _ body: HTTPBody) async throws -> HTTPResponse {
        var options = try SubmissionOptions(request)
        switch request.mediaType {
        case "application/json", nil:
            let bytes = try await body.collect(upTo: Limits.jsonBodyBytes)
            let accepted = try await accept(json: bytes, options: &options, limit: context.settings.batchRows)
            return answer(accepted)
        case "text/csv":
            let model = try context.catalog.resolve(model: options.model, version: options.version)
            let csv = CSVScanner(signature: model.signature, options: CSVOptions(idColumn: options.idColumn))
            return answer(try await accept(body, scanner: csv, model: model, options: options))
        case "application/x-ndjson", "application/jsonl":
            let model = try context.catalog.resolve(model: options.model, version: options.version)
            let lines = NDJSONScanner(signature: model.signature, idName: options.idColumn ?? "id")
            return answer(try await accept(body, scanner: lines, model: model, options: options))
        default:
            throw APIError.unsupportedMediaType(known: Self.mediaTypes)
        }
    }

    /// Accepts a JSON body whole: one bad row refuses all.
    func accept(json bytes: [UInt8], options: inout SubmissionOptions, limit: Int) async throws -> Accepted {
        let read = try JSONReading(bytes, options: &options, catalog: context.catalog, limit: limit)
        let accepted = makeTask(read.model, options, rows: read.rowCount)
        try await context.submissions.submit(accepted.request, chunks: read.chunks, bytes: bytes.count)
        return accepted
    }

    /// Accepts a stream of rows: bad rows fail alone.
    private func accept(
        _ body: HTTPBody, scanner: some RowScanner, model: ResolvedModel, options: SubmissionOptions
    ) async throws -> Accepted {
        var accepted = makeTask(model, options, rows: 0)
        var upload = Upload(accepted.request, context: context)
        do {
            try await read(body, scanner, of: model, into: &upload)
            guard upload.rows > 0 else { throw IntakeError.noRows }
            try await upload.finish()
        } catch {
            // The caller gets the first error; the keeper ends what cannot be ended here.
            do { try await upload.abandon() } catch {}
            throw error
        }
        accepted.rows = upload.rows
        return accepted
    }

    private func read(
        _ body: HTTPBody, _ scanner: some RowScanner, of model: ResolvedModel, into upload: inout Upload
    ) async throws {
        var scanner = scanner
        let chunkRows = min(context.settings.chunkRows, model.signature.runRows)
        var builder = RowsBuilder(signature: model.signature, chunkRows: chunkRows)
        var bytes = 0
        for try await piece in body {
            var rest = piece[...]
            while !rest.isEmpty {
                let taken = try scanner.feed(rest, into: &builder)
                bytes += taken
                rest = rest.dropFirst(taken)
                if builder.isFull {
                    try await upload.add(builder.take(), bytes: bytes)
                    bytes = 0
                }
            }
        }
        var hasMore = true
        while hasMore {
            hasMore = try scanner.finish(into: &builder)
            if builder.count > 0 {
                try await upload.add(builder.take(), bytes: bytes)
                bytes = 0
            }
        }
    }

    func makeTask(_ model: ResolvedModel, _ options: SubmissionOptions, rows: Int) -> Accepted {
        let draft = TaskTable.Draft(
            id: context.makeID(), owner: APIContext.owner, name: options.name,
            priority: options.priority ?? .normal, createdAt: context.clock.now)
        return Accepted(
            request: .init(draft: draft, model: model.identity, output: model.output), rows: rows)
    }

    private func answer(_ accepted: Accepted) -> HTTPResponse {
        let task = accepted.request.draft
        let address = TaskAddresses(id: task.id)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("id", task.id.description)
                json.member("task_id", task.id.description)
                json.member("status", PredictionTask.Status.pending.rawValue)
                json.member("model", accepted.request.model.model)
                json.member("model_version", accepted.request.model.version)
                json.key("rows")
                json.object { $0.member("total", accepted.rows) }
                json.member("created_at", task.createdAt)
                json.member("check_url", address.own)
                address.write(to: &json)
            }
        }
        return .json(body, status: 202, headers: ["Location": address.own, "Retry-After": "1"])
    }
}

/// A submission that was accepted.
struct Accepted {
    let request: Submissions.Request
    var rows: Int
}

/// A JSON body read to its end: the model it is for, and its rows in chunks.
struct JSONReading {
    let model: ResolvedModel
    let chunks: [Rows]
    let rowCount: Int

    /// - Parameters:
    ///   - limit: the most rows that the body may have.
    ///   - chunkBytes: the bytes from which on a chunk is full; the whole body's for rows that must stay together.
    /// - Throws: ``APIError/rejected(_:rows:)`` when a row does not fit, or what is wrong with the body as a whole.
    init(
        _ bytes: [UInt8], options: inout SubmissionOptions, catalog: Catalog, limit: Int,
        chunkBytes: Int = Limits.chunkBytes
    ) throws {
        if bytes.isEmpty { throw APIError.bodyRequired }
        let body = try JSONSubmission(parsing: bytes, options: SubmissionOptions.members)
        try options.merge(body)
        model = try catalog.resolve(model: options.model, version: options.version)
        rowCount = body.rowCount
        var scanner = try body.scanner(for: model.signature, idName: options.idColumn ?? "id", limit: limit)
        var builder = RowsBuilder(
            signature: model.signature, chunkRows: model.signature.runRows, chunkBytes: chunkBytes)
        chunks = try scanner.scanAll(into: &builder)
        if builder.report.total > 0 { throw APIError.rejected(builder.report, rows: rowCount) }
    }
}
