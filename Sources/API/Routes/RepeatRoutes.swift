internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `POST /predict/async/{id}/retry` and `/rerun`: rows of a task that ran, once more, in a task of their own.
struct RepeatRoutes {
    let context: APIContext
    let submissions: SubmissionRoutes

    var routes: [Route] {
        [
            Route(.post, "/predict/async/{id}/retry", .asynchronous { try await retry($0) }),
            Route(
                .post, "/predict/async/{id}/rerun",
                .collected(upTo: Limits.headerBytes) { try await rerun($0, $1) }),
        ]
    }

    private func find(_ request: HTTPRequest) async throws -> StoredTask {
        let lookup = TaskLookup(context: context)
        let stored = try await context.reading.read { try lookup.task(of: request) }
        guard stored.task.status.isFinal else { throw APIError.taskRuns }
        guard stored.kept != .none, stored.task.isWhole else {
            throw APIError.inputNotKept
        }
        return stored
    }

    /// Answers for a task that a closure makes of the one that the path names; a repetition under a key with the first answer.
    ///
    /// The key is looked up before anything else: the other task may be gone by now, or its model's versions be others.
    private func answering(
        _ request: HTTPRequest, _ relation: PredictionTask.Relation, _ options: SubmissionOptions,
        _ make: (StoredTask, IdempotencyKey?) async throws -> Accepted
    ) async throws -> HTTPResponse {
        guard let parent = TaskID(request.parameter("id")) else { throw APIError.taskNotFound }
        let key = options.key(of: Array(parent.description.utf8), route: relation.rawValue)
        if let replay = try await submissions.replay(of: key) { return try await submissions.answer(replay, request) }
        let stored = try await find(request)
        do {
            return try await submissions.answer(try await make(stored, key), request)
        } catch let replay as IdempotencyKey.Replay {
            return try await submissions.answer(replay, request)
        }
    }

    /// How a task's rows run again.
    private struct Repetition {
        let relation: PredictionTask.Relation
        let model: ResolvedModel
        let options: SubmissionOptions
        var key: IdempotencyKey?
        /// Whether the other task is stranded, and fails when this one is accepted.
        var isReplacing = false
    }

    /// Makes a task of another's rows, which a closure adds.
    private func run(
        _ stored: StoredTask, again repetition: Repetition, adding add: (inout Upload) async throws -> Void
    ) async throws -> Accepted {
        var accepted = try await submissions.makeTask(repetition.model, repetition.options)
        accepted.request.adopt(stored, repetition.relation, repetition.options)
        if repetition.isReplacing { accepted.request.replace(stored) }
        var upload = Upload(accepted.request, context: context)
        do {
            try await add(&upload)
            accepted.rows = upload.rows
            accepted.request.key = repetition.key
            await submissions.estimate(&accepted)
            try await upload.finish(under: accepted.request.key)
        } catch let replay as IdempotencyKey.Replay {
            throw replay
        } catch {
            await upload.abandon(because: error)
            throw error
        }
        return accepted
    }

    // MARK: Retry

    /// Runs the rows again that were right and failed all the same; rows that do not fit the model must be corrected.
    private func retry(_ request: HTTPRequest) async throws -> HTTPResponse {
        let options = try SubmissionOptions(request, names: [])
        return try await answering(request, .retry, options) { try await retry($0, options, under: $1) }
    }

    /// - Throws: ``APIError/nothingToRetry``, ``APIError/inputNotKept``, ``APIError/modelReplaced``.
    func retry(
        _ stored: StoredTask, _ options: SubmissionOptions, under key: IdempotencyKey? = nil
    ) async throws -> Accepted {
        let repetition = Repetition(
            relation: .retry, model: try pinnedModel(of: stored), options: options, key: key)
        return try await run(stored, again: repetition) { upload in
            var reading = ResultReading(
                stored, context: context, withRecords: false, follows: false, wholeChunks: true)
            while let page = try await reading.next() {
                for part in page.parts { try await add(part, of: stored, to: &upload) }
            }
            guard upload.rows > 0 else { throw APIError.nothingToRetry }
        }
    }

    private func add(_ part: ResultPage.Part, of stored: StoredTask, to upload: inout Upload) async throws {
        let failed = part.predictions.faults.filter { $0.code.isRetryable }.map(\.row)
        if failed.isEmpty { return }
        let chunk = try await context.reading.read { [tasks = context.tasks] in
            try tasks.input(of: stored, from: part.position)
        }
        guard let chunk, chunk.position == part.position, let rows = chunk.rows else { throw APIError.inputNotKept }
        try await upload.add(IncomingChunk(rows: rows.selecting(failed), bytes: 0), input: nil)
    }

    private func pinnedModel(of stored: StoredTask) throws -> ResolvedModel {
        let pinned = stored.task.model
        let model = try context.catalog.resolve(model: pinned.model, version: pinned.version)
        guard model.identity == pinned else { throw APIError.modelReplaced }
        return model
    }

    // MARK: Rerun

    /// Runs all rows again, with the version that the caller names or the default one.
    private func rerun(_ request: HTTPRequest, _ body: [UInt8]) async throws -> HTTPResponse {
        try request.requireUTF8()
        let names = SubmissionOptions.synchronous.filter { $0 != "model" }
        let object = body.isEmpty ? nil : try JSONObject(parsing: body, members: names + ["metadata"])
        let options = try SubmissionOptions(request, names: names, body: object)
        return try await answering(request, .rerun, options) { stored, key in
            let model = try context.catalog.resolve(model: stored.task.model.model, version: options.version)
            return try await rerun(stored, Repetition(relation: .rerun, model: model, options: options, key: key))
        }
    }

    /// Runs the rows of a stranded task on another version, in a task of their own; the old one fails in that moment.
    ///
    /// - Returns: the new task's id.
    /// - Throws: ``APIError/inputNotKept``, ``APIError/otherInputs(model:version:)``, the queue's errors.
    func rerun(stranded stored: StoredTask, on model: ResolvedModel) async throws -> TaskID {
        guard stored.task.input == .complete, stored.kept != .none || stored.task.rows.done == 0 else {
            throw APIError.inputNotKept
        }
        let options = try SubmissionOptions([], names: [], isTable: false)
        let repetition = Repetition(relation: .rerun, model: model, options: options, isReplacing: true)
        return try await rerun(stored, repetition).request.draft.id
    }

    private func rerun(_ stored: StoredTask, _ repetition: Repetition) async throws -> Accepted {
        if stored.kept == .records { return try await rerunRecords(of: stored, repetition) }
        return try await rerunColumns(of: stored, repetition)
    }

    private func rerunRecords(of stored: StoredTask, _ repetition: Repetition) async throws -> Accepted {
        let input = try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored) }
        guard let input, let format = StreamFormat(mediaType: input.mediaType) else { throw APIError.inputNotKept }
        let read = try SubmissionOptions(stored: input.options, isTable: format.isTable)
        var run = repetition.options
        run.name = run.name ?? stored.task.name
        let stream = StreamSubmission(
            format: format, model: repetition.model, options: read.repeated(as: run), parent: .init(stored, .rerun),
            replaced: repetition.isReplacing ? stored : nil, key: repetition.key)
        return try await submissions.accept(StoredPieces(stored: stored, input: input, context: context), stream)
    }

    private func rerunColumns(of stored: StoredTask, _ repetition: Repetition) async throws -> Accepted {
        let columns = try columns(of: stored, for: repetition.model)
        return try await run(stored, again: repetition) { upload in
            var position = 0
            while let chunk = try await chunk(of: stored, from: position) {
                guard var rows = chunk.rows, rows.columns.count > columns.max() ?? 0 else {
                    throw APIError.inputNotKept
                }
                rows.columns = columns.map { rows.columns[$0] }
                try await upload.add(IncomingChunk(rows: rows, bytes: 0), input: nil)
                position = chunk.position + 1
            }
        }
    }

    /// For each input of a version the place of its column among those that are kept.
    ///
    /// Columns have no names of their own: those of a version with other inputs would be taken for one another.
    private func columns(of stored: StoredTask, for model: ResolvedModel) throws -> [Int] {
        let inputs = model.output.inputs ?? []
        if stored.task.model == model.identity { return Array(inputs.indices) }
        let places = Dictionary(zip(stored.task.output.inputs ?? [], 0...), uniquingKeysWith: { first, _ in first })
        return try inputs.map { input in
            guard let place = places[input] else {
                throw APIError.otherInputs(model: model.identity.model, version: model.identity.version)
            }
            return place
        }
    }

    private func chunk(of stored: StoredTask, from position: Int) async throws -> ChunkInput? {
        try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored, from: position) }
    }
}

extension Submissions.Request {
    /// Takes the place of a stranded task; none of its rows runs before that one is ended.
    mutating func replace(_ stranded: StoredTask) {
        replaced = stranded
        isHeld = true
    }

    /// Becomes a task that runs another's rows again.
    mutating func adopt(_ parent: StoredTask, _ relation: PredictionTask.Relation, _ options: SubmissionOptions) {
        draft.parent = .init(parent, relation)
        draft.kept = parent.kept == .none ? .none : .columns
        draft.name = draft.name ?? parent.task.name
        draft.metadata = draft.metadata.isEmpty ? parent.task.metadata : draft.metadata
        draft.priority = options.priority ?? parent.task.priority
    }
}
