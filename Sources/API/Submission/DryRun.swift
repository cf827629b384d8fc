internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// Answers what would become of a submission: its rows, how they were read, which are bad, and a few predictions.
///
/// Nothing is kept: the few rows that are predicted run as a task of their own, which is forgotten.
struct DryRun {
    let context: APIContext
    let submissions: SubmissionRoutes

    func answer(
        _ model: ResolvedModel, _ options: SubmissionOptions, rows: Int, report: FaultReport, sample: Rows?,
        input: StoredInput?
    ) async throws -> HTTPResponse {
        try options.results?.check(against: model, options, input: input)
        let obstacle = try await context.lastingObstacle(to: model.identity)
        let predictions = obstacle == nil ? try await predict(sample, model) : nil
        // A worker may have come, or gone, since the look before the sample ran.
        let view = try await context.forecastView(notOlderThan: predictions == nil ? nil : .zero)
        let cost = view.rowCost(of: model)
        let output = try model.output.withThreshold(options.results?.shape.threshold)
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("dry_run", true)
                json.member("model", model.identity.model)
                json.member("model_version", model.identity.version)
                json.key("rows")
                json.object { json in
                    json.member("total", rows)
                    json.member("valid", rows - report.total)
                    json.member("invalid", report.total)
                }
                json.member("would_be_accepted", options.invalidRows != .reject || report.total == 0)
                json.key("input_format")
                json.raw(input?.format)
                json.key("warnings")
                json.raw(input?.warnings ?? "[]")
                write(report, to: &json)
                write(predictions, PredictionMessage(output: output, version: model.identity.version), to: &json)
                json.key("estimate")
                Estimate(
                    view, model.identity, rows: rows, cost,
                    after: options.notBefore.map { $0 - context.clock.now } ?? .zero
                ).write(to: &json)
                json.member(waitingFor: waitingFor(view.obstacle(to: model.identity), options))
            }
        }
        return .json(body)
    }

    private func waitingFor(_ obstacle: Obstacle?, _ options: SubmissionOptions) -> WaitingFor? {
        obstacle.map { WaitingFor($0) } ?? options.notBefore.flatMap { $0 > context.clock.now ? .time($0) : nil }
    }

    private func write(_ report: FaultReport, to json: inout JSONWriter) {
        json.key("errors")
        json.array { json in
            for fault in report.faults {
                json.object { json in
                    json.member("row", fault.row)
                    if let line = fault.line { json.member("line", line) }
                    if !fault.pointer.isEmpty { json.member("pointer", fault.pointer) }
                    json.member("code", fault.code.rawValue)
                    json.member("message", fault.message)
                }
            }
        }
    }

    /// Null when no worker answered in time.
    private func write(_ predictions: Predictions?, _ message: PredictionMessage, to json: inout JSONWriter) {
        json.key("predictions")
        guard let predictions else { return json.null() }
        json.array { json in
            message.write(predictions, rows: 0..<predictions.count, firstRow: 0, to: &json)
        }
    }

    /// Predicts a few rows, ahead of everything else.
    ///
    /// - Returns: nil when there are none, or no worker answers in time.
    private func predict(_ sample: Rows?, _ model: ResolvedModel) async throws -> Predictions? {
        guard let sample else { return nil }
        var accepted = try await submissions.makeTask(model, SubmissionOptions([], isTable: false))
        accepted.request.draft.priority = .high
        accepted.request.draft.source = .sync
        accepted.request.draft.deadline = context.clock.now + context.settings.synchronousWait
        // What no worker took in time leaves nothing behind either.
        accepted.request.draft.keepFor = context.settings.synchronousWait
        let id = accepted.request.draft.id
        context.watcher.expect(id)
        do {
            try await context.submissions.submit(accepted.request, chunks: [IncomingChunk(rows: sample, bytes: 0)])
        } catch {
            context.watcher.forget(id)
            throw error
        }
        guard let ended = await context.watcher.await(id, within: context.settings.synchronousWait) else { return nil }
        let predictions = try await predictions(of: ended)
        try await context.submissions.forget(ended)
        return predictions
    }

    /// - Returns: nil when the sample ended at its deadline, which may be just before the wait for it does.
    private func predictions(of ended: StoredTask) async throws -> Predictions? {
        if let result = ended.result { return result }
        guard ended.task.isWhole else { return nil }
        return try await context.reading.read { [tasks = context.tasks] in
            try tasks.allResults(of: ended, limit: Limits.sampleRows)
        }
    }
}
