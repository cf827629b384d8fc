internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `POST /predict` and `POST /predict/batch`: the same queue, at high priority, and the answer in the same request.
struct PredictRoutes {
    let context: APIContext
    let submissions: SubmissionRoutes

    var routes: [Route] {
        [
            Route(.post, "/predict", .chosen { try checked($0) { try await single($0, $1) } }),
            Route(.post, "/predict/batch", .chosen { try checked($0) { try await batch($0, $1) } }),
        ]
    }

    /// Refuses what the head alone shows to be wrong, before the rows are sent.
    private func checked(
        _ request: HTTPRequest, _ answer: @escaping @Sendable (HTTPRequest, [UInt8]) async throws -> HTTPResponse
    ) throws -> Route.Handler {
        try request.requireMediaType("application/json")
        if !request.query.items.isEmpty {
            _ = try SubmissionOptions(request, names: SubmissionOptions.synchronous)
        }
        return .prompt(upTo: Limits.jsonBodyBytes, answer)
    }

    private func single(_ request: HTTPRequest, _ body: [UInt8]) async throws -> HTTPResponse {
        let run = try await predict(request, body, rowLimit: 1)
        let predictions = run.predictions
        if let fault = predictions.faults.first { throw APIError.predictionFailed(fault) }
        let answer = JSONWriter.write { json in
            json.object { json in
                PredictionMessage(task: run.task).write(
                    predictions.values[...], in: predictions.precision, to: &json)
                json.member("model", run.task.model.model)
                json.member("model_version", run.versionName)
                json.member("processing_time", run.seconds)
                json.member("task_id", run.task.id.description)
            }
        }
        return .json(answer)
    }

    private func batch(_ request: HTTPRequest, _ body: [UInt8]) async throws -> HTTPResponse {
        let run = try await predict(request, body, rowLimit: context.settings.synchronousRows)
        let answer = JSONWriter.write { json in
            json.object { json in
                json.key("predictions")
                json.array { json in
                    PredictionMessage(output: run.task.output, version: run.versionName)
                        .write(run.predictions, rows: 0..<run.predictions.count, firstRow: 0, to: &json)
                }
                json.member("batch_size", run.predictions.count)
                json.member("model", run.task.model.model)
                json.member("model_version", run.versionName)
                json.member("total_processing_time", run.seconds)
                json.member("task_id", run.task.id.description)
            }
        }
        return .json(answer)
    }

    /// A synchronous prediction that came in time.
    private struct Run {
        let task: PredictionTask
        let predictions: Predictions
        /// The version as the caller wrote it.
        let versionName: String
        let seconds: Double
    }

    /// Submits and waits for the end.
    private func run(_ accepted: Accepted, chunks: [IncomingChunk]) async throws -> StoredTask {
        let id = accepted.request.draft.id
        context.watcher.expect(id)
        do {
            try await context.submissions.submit(accepted.request, chunks: chunks)
        } catch let replay as IdempotencyKey.Replay {
            context.watcher.forget(id)
            return try await ended(replay)
        } catch {
            context.watcher.forget(id)
            throw error
        }
        guard let ended = await context.watcher.await(id, within: context.settings.synchronousWait) else {
            throw await timeout(id, of: accepted.request.model)
        }
        return ended
    }

    /// The end of the task that the same submission made at first; its caller waits for it again.
    private func ended(_ replay: IdempotencyKey.Replay) async throws -> StoredTask {
        let stored = try await context.reading.read { [tasks = context.tasks] in
            try tasks.task(replay.task, owner: APIContext.owner)
        }
        guard let stored, !stored.isSwept else { throw APIError.taskExpired }
        guard let ended = try await context.ended(stored, within: context.settings.synchronousWait) else {
            throw await timeout(replay.task, of: stored.task.model)
        }
        return ended
    }

    /// - Throws: ``APIError/predictionEnded(_:_:)`` when the task was stopped before its rows had run.
    private func predictions(of ended: StoredTask, limit: Int) async throws -> Predictions {
        if let result = ended.result { return result }
        guard ended.task.isWhole, !ended.isSwept else {
            throw APIError.predictionEnded(ended.task.id, ended.task.status)
        }
        return try await context.reading.read { [tasks = context.tasks] in
            try tasks.allResults(of: ended, limit: limit)
        }
    }

    private func predict(_ request: HTTPRequest, _ body: [UInt8], rowLimit: Int) async throws -> Run {
        let start = context.steady.now
        if body.isEmpty { throw APIError.bodyRequired }
        try request.requireUTF8()
        if let file = ForeignFile(startingWith: body) { throw IntakeError.foreign(file) }
        let names = SubmissionOptions.synchronous
        let submission = try JSONSubmission(parsing: body, options: names + ["metadata"])
        let options = try SubmissionOptions(request, names: names, body: submission.object)
        let key = options.key(of: body, route: request.route ?? "")
        let ended =
            if let replay = try await submissions.replay(of: key) {
                try await self.ended(replay)
            } else {
                try await run(submission, options, key, bytes: body.count, rowLimit: rowLimit)
            }
        let predictions = try await predictions(of: ended, limit: rowLimit)
        // Under a key the time is the stored one: a repetition gets the same answer.
        let measured = context.steady.now - start
        let stored = key == nil ? nil : ended.task.completedAt.map { $0 - ended.task.createdAt }
        return Run(
            task: ended.task, predictions: predictions, versionName: options.version ?? ended.task.model.version,
            seconds: ((stored ?? measured).inSeconds * 1e6).rounded() / 1e6)
    }

    private func run(
        _ submission: JSONSubmission, _ said: SubmissionOptions, _ key: IdempotencyKey?, bytes: Int, rowLimit: Int
    ) async throws -> StoredTask {
        var options = said
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        guard rowLimit > 1 || submission.rowCount == 1 else { throw APIError.severalRows(submission.rowCount) }
        let reading = try JSONReading(
            submission, of: model, idName: "id", limit: rowLimit, chunkRows: rowLimit,
            chunkBytes: 4 * Limits.jsonBodyBytes)
        try reading.requireNoFaults()
        if let obstacle = try await context.lastingObstacle(to: model.identity) { throw APIError.obstructed(obstacle) }
        options.priority = options.priority ?? .high
        var accepted = try await submissions.makeTask(model, options)
        accepted.request.draft.source = .sync
        accepted.request.key = key
        return try await run(accepted, chunks: reading.incoming(bytes: bytes))
    }

    /// Why a prediction did not come in time.
    private func timeout(_ id: TaskID, of model: ModelIdentity) async -> APIError {
        // try? because the caller hears of the time in any case.
        let obstacle = try? await context.obstacle(to: model)
        return .predictionTimeout(id, obstacle ?? nil)
    }
}
