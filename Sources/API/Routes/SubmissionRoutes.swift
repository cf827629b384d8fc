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
            let wait = request.preferredWait
            let accepted = try await accept(json: bytes, options: &options, isAwaited: wait != nil)
            return try await answer(accepted, waiting: wait)
        case "text/csv":
            let model = try context.catalog.resolve(model: options.model, version: options.version)
            let csv = CSVScanner(signature: model.signature, options: options.table)
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
    private func accept(
        json bytes: [UInt8], options: inout SubmissionOptions, isAwaited: Bool
    ) async throws -> Accepted {
        let read = try JSONReading(
            bytes, options: &options, catalog: context.catalog, limit: context.settings.batchRows)
        var accepted = makeTask(read.model, options, rows: read.rowCount)
        accepted.request.key?.fingerprint = SubmissionFingerprint.of(
            bytes, options, model: read.model.identity, route: "json")
        let id = accepted.request.draft.id
        if isAwaited { context.watcher.expect(id) }
        do {
            try await context.submissions.submit(accepted.request, chunks: read.chunks, bytes: bytes.count)
        } catch let replay as IdempotencyKey.Replay {
            if isAwaited { context.watcher.forget(id) }
            return accepted.replaced(by: replay)
        } catch {
            if isAwaited { context.watcher.forget(id) }
            throw error
        }
        return accepted
    }

    /// Answers 200 with the whole task when it ends within the time that the caller prefers to wait, else 202.
    private func answer(_ accepted: Accepted, waiting limit: Duration?) async throws -> HTTPResponse {
        guard let limit, let ended = await context.watcher.await(accepted.request.draft.id, within: limit) else {
            return answer(accepted)
        }
        let body = JSONWriter.write { json in
            TaskMessage(stored: ended, result: ended.result, now: context.clock.now).write(to: &json)
        }
        return .json(
            body,
            headers: [
                "Location": TaskAddresses(id: ended.task.id).own,
                "Preference-Applied": "wait=\(limit.components.seconds)",
            ])
    }

    /// Accepts a stream of rows: bad rows fail alone.
    private func accept(
        _ body: HTTPBody, scanner: some RowScanner, model: ResolvedModel, options: SubmissionOptions
    ) async throws -> Accepted {
        var accepted = makeTask(model, options, rows: 0)
        var upload = Upload(accepted.request, context: context)
        do {
            let fingerprint = SubmissionFingerprint(options, model: model.identity, route: "stream")
            try await read(body, scanner, of: model, into: &upload) { fingerprint.add($0) }
            guard upload.rows > 0 else { throw IntakeError.noRows }
            try await upload.finish(fingerprint: fingerprint.finish())
        } catch let replay as IdempotencyKey.Replay {
            return accepted.replaced(by: replay)
        } catch {
            // The caller gets the first error; the keeper ends what cannot be ended here.
            do { try await upload.abandon() } catch {}
            throw error
        }
        accepted.rows = upload.rows
        return accepted
    }

    private func read(
        _ body: HTTPBody, _ scanner: some RowScanner, of model: ResolvedModel, into upload: inout Upload,
        fingerprint: ([UInt8]) -> Void
    ) async throws {
        var scanner = scanner
        let chunkRows = min(context.settings.chunkRows, model.signature.runRows)
        var builder = RowsBuilder(signature: model.signature, chunkRows: chunkRows)
        var bytes = 0
        for try await piece in body {
            fingerprint(piece)
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
            request: .init(
                draft: draft, model: model.identity, output: model.output,
                key: options.idempotencyKey.map { IdempotencyKey($0) }), rows: rows)
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
    var request: Submissions.Request
    var rows: Int

    /// The first answer again: the task that the very same submission made before.
    func replaced(by replay: IdempotencyKey.Replay) -> Accepted {
        var accepted = self
        accepted.request.draft.id = replay.task
        accepted.request.draft.createdAt = replay.createdAt
        accepted.rows = replay.rows
        return accepted
    }
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
