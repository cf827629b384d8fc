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
        [
            Route(.post, "/predict/async", .chosen { try handler(for: $0) }, advice: Self.advice)
        ]
    }

    /// The members of a JSON body: the rows' and the options.
    private static let members = SubmissionOptions.members + JSONSubmission.members

    static let mediaTypes = ["application/json", "text/csv", "application/x-ndjson", "multipart/form-data"]
    /// The name of a form's part that is the file.
    private static let formPart = "file"

    func submit(_ request: HTTPRequest, _ body: HTTPBody) async throws -> HTTPResponse {
        if request.query.first("upload") != nil { return try await submit(later: request, body) }
        if body.isForm {
            let file = try await body.file(named: Self.formPart)
            guard let format = StreamFormat(mediaType: file.mediaType, fileName: file.fileName) else {
                throw APIError.unreadable(file.mediaType, fileName: file.fileName)
            }
            let charset = try file.part.contentType.flatMap(MediaTypeCharset.read)
            return try await context.uploads.withSlot(for: request.holder) {
                try await submit(file.bytes, format, charset, request)
            }
        }
        if let format = StreamFormat(mediaType: request.mediaType) {
            let charset = try request.charset()
            return try await context.uploads.withSlot(for: request.holder) {
                try await submit(body, format, charset, request)
            }
        }
        throw APIError.unreadable(request.mediaType, fileName: nil)
    }

    // MARK: JSON

    /// Accepts a JSON body whole; unless it says otherwise, one bad row refuses all.
    func submit(json bytes: [UInt8], _ request: HTTPRequest) async throws -> HTTPResponse {
        if bytes.isEmpty { throw APIError.bodyRequired }
        try request.requireUTF8()
        if let file = ForeignFile(startingWith: bytes) { throw IntakeError.foreign(file) }
        let object = try JSONObject(parsing: bytes, members: Self.members)
        if try object.flag("upload") == true { return try await openLater(request, Self.options(bytes)) }
        let body = try JSONSubmission(object)
        var options = try SubmissionOptions(request, body: object)
        options.invalidRows = options.invalidRows ?? .reject
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        let reading = try JSONReading(
            body, of: model, idName: options.idColumn ?? "id", limit: context.settings.batchRows,
            chunkRows: await chunkRows(for: model))
        if options.isDryRun {
            return try await DryRun(context: context, submissions: self).answer(
                model, options, rows: reading.rowCount, report: reading.report, sample: reading.sample, input: nil)
        }
        if options.invalidRows == .reject { try reading.requireNoFaults() }
        var accepted = try await makeTask(model, options)
        accepted.request.draft.kept = options.keepsInput ? .columns : .none
        accepted.rows = reading.rowCount
        accepted.request.key?.fingerprint = SubmissionFingerprint.of(
            bytes, options, model: model.identity, route: "json")
        return try await finish(accepted, request) { accepted in
            try await context.submissions.submit(accepted.request, chunks: reading.incoming(bytes: bytes.count))
        }
    }

    // MARK: Streams

    /// Accepts a stream of rows; unless the caller says otherwise, bad rows fail alone.
    ///
    /// - Parameter charset: what the Content-Type of the rows says.
    private func submit<Pieces: AsyncSequence>(
        _ pieces: Pieces, _ format: StreamFormat, _ charset: CSVEncoding?, _ request: HTTPRequest
    ) async throws -> HTTPResponse where Pieces.Element == [UInt8] {
        var options = try SubmissionOptions(request, isTable: format.isTable)
        try options.declare(charset, isTable: format.isTable)
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        return try await submit(pieces, format, model, options, request)
    }

    /// - Parameter parent: the task whose rows these are, when they run again.
    func submit<Pieces: AsyncSequence>(
        _ pieces: Pieces, _ format: StreamFormat, _ model: ResolvedModel, _ options: SubmissionOptions,
        _ request: HTTPRequest, parent: TaskTable.Draft.Parent? = nil
    ) async throws -> HTTPResponse where Pieces.Element == [UInt8] {
        switch format {
        case .csv:
            let scanner = CSVScanner(signature: model.signature, options: options.table)
            return try await submit(pieces, scanner, format, model, options, request, parent)
        case .ndjson:
            let scanner = NDJSONScanner(signature: model.signature, idName: options.idColumn ?? "id")
            return try await submit(pieces, scanner, format, model, options, request, parent)
        }
    }

    private func submit<Pieces: AsyncSequence, Scanner: StreamScanner>(
        _ pieces: Pieces, _ scanner: Scanner, _ format: StreamFormat, _ model: ResolvedModel,
        _ options: SubmissionOptions, _ request: HTTPRequest, _ parent: TaskTable.Draft.Parent?
    ) async throws -> HTTPResponse where Pieces.Element == [UInt8] {
        var accepted = try await makeTask(model, options)
        accepted.request.isHeld = options.invalidRows == .reject
        accepted.request.draft.parent = parent
        accepted.request.draft.kept = options.keepsInput ? .records : .none
        let input = StoredInput(mediaType: format.mediaType, options: options.stored)
        var intake = try StreamIntake(
            scanner, input: input, signature: model.signature, options: options,
            chunkRows: await chunkRows(for: model))
        if options.isDryRun {
            var upload = Upload(sampling: accepted.request, context: context)
            try await intake.read(pieces, into: &upload)
            return try await DryRun(context: context, submissions: self).answer(
                model, options, rows: upload.rows, report: intake.report, sample: upload.sample?.rows,
                input: intake.input)
        }
        var upload = Upload(accepted.request, context: context)
        return try await finish(accepted, request) { accepted in
            do {
                let fingerprint = SubmissionFingerprint(
                    options, model: model.identity, route: parent == nil ? "stream" : "rerun")
                try await intake.read(pieces, into: &upload) { fingerprint.add($0) }
                accepted.rows = upload.rows
                try await upload.finish(fingerprint: fingerprint.finish())
            } catch {
                if !(error is IdempotencyKey.Replay) { await upload.abandon(because: error) }
                throw error
            }
        }
    }

    // MARK: Later

    /// Options may stand in a JSON body here too; rows would be lost, and are refused.
    private func submit(later request: HTTPRequest, _ body: HTTPBody) async throws -> HTTPResponse {
        if request.mediaType == "application/json" || request.mediaType == nil {
            let bytes = try await body.collect(upTo: Limits.jsonBodyBytes)
            return try await openLater(request, bytes.isEmpty ? nil : Self.options(bytes))
        }
        for try await piece in body where !piece.isEmpty { throw APIError.contradictoryOptions("upload", "the body") }
        return try await openLater(request)
    }

    private static func options(_ bytes: [UInt8]) throws -> JSONObject {
        try JSONObject(parsing: bytes, members: SubmissionOptions.members)
    }

    /// Accepts a task whose rows come in requests of their own.
    private func openLater(_ request: HTTPRequest, _ body: JSONObject? = nil) async throws -> HTTPResponse {
        let options = try SubmissionOptions(request, body: body, isTable: true)
        guard !options.isDryRun else { throw APIError.contradictoryOptions("dry_run", "upload") }
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        var accepted = try await makeTask(model, options)
        accepted.request.draft.kept = options.keepsInput ? .records : .none
        accepted.request.input = StoredInput(options: options.stored)
        accepted.request.key?.fingerprint = SubmissionFingerprint.of(
            [], options, model: model.identity, route: "later")
        do {
            try await context.submissions.open(later: accepted.request)
        } catch let replay as IdempotencyKey.Replay {
            accepted.replace(by: replay)
        }
        return try answer(accepted, estimate: nil)
    }

    // MARK: Tasks

    /// Makes what a new task is opened with.
    func makeTask(_ model: ResolvedModel, _ options: SubmissionOptions) async throws -> Accepted {
        let now = context.clock.now
        var draft = TaskTable.Draft(
            id: context.makeID(), owner: APIContext.owner, name: options.name,
            priority: options.priority ?? .normal, createdAt: now)
        draft.metadata = options.metadata
        draft.deadline = options.deadlineIn.map { now + $0 }
        draft.keepFor = options.keepFor
        let view = try await context.forecastView()
        var request = Submissions.Request(
            draft: draft, model: model.identity, output: model.output,
            key: options.idempotencyKey.map { IdempotencyKey($0) },
            rowCost: view.rowCost(of: model))
        request.notBefore = options.notBefore
        return Accepted(request: request)
    }

    /// How many rows of a model a chunk has: as many as a run takes beside single rows, by rows or by time.
    ///
    /// A chunk is never parted, so that its time is what a single row may have to wait; a run takes several where nobody does.
    func chunkRows(for model: ResolvedModel) async throws -> Int {
        let time = Limits.sharedRunTime.inSeconds * 1e6
        let cost = try await context.forecastView().rowCost(
            of: model, guessingAtLeast: time / Double(Limits.untriedChunkRows))
        let byTime = Int(time / max(cost, 0.001))
        return max(1, min(context.settings.chunkRows, Limits.runRows, byTime))
    }

    // MARK: Answers

    /// Submits, and answers 200 with the whole task when it ends within the time that the caller prefers to wait, else 202.
    private func finish(
        _ task: Accepted, _ request: HTTPRequest, submitting submit: (inout Accepted) async throws -> Void
    ) async throws -> HTTPResponse {
        var accepted = task
        // A preference; where too many wait already, it is not met.
        let wait = context.watcher.hasRoom ? request.preferredWait : nil
        let id = accepted.request.draft.id
        if wait != nil { context.watcher.expect(id) }
        do {
            try await submit(&accepted)
        } catch let replay as IdempotencyKey.Replay {
            if wait != nil { context.watcher.forget(id) }
            accepted.replace(by: replay)
            return try answer(accepted, estimate: nil)
        } catch {
            if wait != nil { context.watcher.forget(id) }
            throw error
        }
        guard let wait, let ended = await context.watcher.await(id, within: wait) else {
            let view = try await context.forecastView()
            return try answer(accepted, estimate: Estimate(view, rows: accepted.rows, accepted.request.rowCost))
        }
        let body = JSONWriter.write { json in
            context.message(of: ended, result: ended.result).write(to: &json)
        }
        return .json(
            body,
            headers: [
                "Location": TaskAddresses(id: id).own,
                "Preference-Applied": "wait=\(wait.components.seconds)",
            ])
    }

    func answer(_ accepted: Accepted, estimate: Estimate?) throws -> HTTPResponse {
        let task = accepted.request.draft
        let address = TaskAddresses(id: task.id)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("id", address.id)
                json.member("task_id", address.id)
                json.member("status", PredictionTask.Status.pending.rawValue)
                json.member("model", accepted.request.model.model)
                json.member("model_version", accepted.request.model.version)
                json.key("rows")
                json.object { $0.member("total", accepted.rows) }
                json.member("created_at", task.createdAt)
                json.member("check_url", address.own)
                json.key("estimate")
                if let estimate { estimate.write(to: &json) } else { json.null() }
                address.write(to: &json)
            }
        }
        return .json(
            body, status: 202, headers: ["Location": address.own, "Retry-After": "\(estimate?.retryAfter ?? 1)"])
    }
}

/// A submission that was accepted.
struct Accepted {
    var request: Submissions.Request
    var rows = 0

    init(request: Submissions.Request) { self.request = request }

    /// Becomes the first answer again: the task that the very same submission made before.
    mutating func replace(by replay: IdempotencyKey.Replay) {
        request.draft.id = replay.task
        request.draft.createdAt = replay.createdAt
        rows = replay.rows
    }
}
