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
        let key = options.isDryRun ? nil : options.key(of: bytes, route: "json")
        if let replay = try await replay(of: key) { return try await answer(replay, request) }
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        let reading = try JSONReading(
            body, of: model, idName: options.idColumn ?? "id", limit: context.settings.batchRows,
            chunkRows: await chunkRows(for: model))
        if options.isDryRun {
            try options.requireTimeToRun(from: context.clock.now)
            return try await DryRun(context: context, submissions: self).answer(
                model, options, rows: reading.rowCount, report: reading.report, sample: reading.sample, input: nil)
        }
        if options.invalidRows == .reject { try reading.requireNoFaults() }
        var accepted = try await makeTask(model, options)
        accepted.request.draft.kept = options.keepsInput ? .columns : .none
        accepted.rows = reading.rowCount
        accepted.request.key = key
        return try await finish(accepted, request) { accepted in
            await estimate(&accepted)
            try await context.submissions.submit(accepted.request, chunks: reading.incoming(bytes: bytes.count))
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
        if options.isDryRun { return try await dryRun(opening: options) }
        let key = options.key(of: [], route: "later")
        if let replay = try await replay(of: key) { return try await answer(replay, request) }
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        var accepted = try await makeTask(model, options)
        accepted.request.draft.kept = options.keepsInput ? .records : .none
        accepted.request.input = StoredInput(options: options.stored)
        accepted.request.key = key
        accepted.waitingFor = await waitingFor(accepted.request) ?? .input
        accepted.keepAnswer()
        do {
            try await context.submissions.open(later: accepted.request)
        } catch let replay as IdempotencyKey.Replay {
            return try await answer(replay, request)
        }
        return Acceptance(accepted).response
    }

    /// Judges what an upload would be opened with, and what will be asked for of its results, without a row.
    private func dryRun(opening options: SubmissionOptions) async throws -> HTTPResponse {
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        try options.requireTimeToRun(from: context.clock.now)
        return try await DryRun(context: context, submissions: self).answer(
            model, options, rows: 0, report: FaultReport(), sample: nil, input: nil)
    }

    // MARK: Tasks

    /// Makes what a new task is opened with.
    ///
    /// - Throws: ``APIError/invalidParameter(name:expected:)`` when the deadline would be over before a row may run.
    func makeTask(_ model: ResolvedModel, _ options: SubmissionOptions) async throws -> Accepted {
        let now = context.clock.now
        try options.requireTimeToRun(from: now)
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
        let byTime = Int(saturating: time / max(cost, 0.001))
        return max(1, min(context.settings.chunkRows, Limits.runRows, byTime))
    }

    // MARK: Answers

    /// Submits, and answers 200 with the whole task when it ends within the time that the caller prefers to wait, else 202;
    /// at once where nothing of it can run in that time.
    func finish(
        _ task: Accepted, _ request: HTTPRequest, submitting submit: (inout Accepted) async throws -> Void
    ) async throws -> HTTPResponse {
        var accepted = task
        // A preference; where too many wait already, it is not met.
        let wait = context.watcher.hasRoom ? request.preferredWait : nil
        let id = accepted.request.draft.id
        if wait != nil { context.watcher.expect(id) }
        do {
            try await submit(&accepted)
        } catch {
            if wait != nil { context.watcher.forget(id) }
            if let replay = error as? IdempotencyKey.Replay { return try await answer(replay, request) }
            throw error
        }
        guard let wait else { return Acceptance(accepted).response }
        guard accepted.mayEnd(within: wait, at: context.clock.now) else {
            context.watcher.forget(id)
            return Acceptance(accepted).response
        }
        guard let ended = await context.watcher.await(id, within: wait) else { return Acceptance(accepted).response }
        return whole(ended, waited: wait)
    }

    /// Answers for a task that is accepted already, as ``finish(_:_:submitting:)`` does.
    func answer(_ accepted: Accepted, _ request: HTTPRequest) async throws -> HTTPResponse {
        if let wait = request.preferredWait, accepted.mayEnd(within: wait, at: context.clock.now) {
            let stored = try await context.reading.read { [tasks = context.tasks] in
                try tasks.task(accepted.request.draft.id, owner: APIContext.owner)
            }
            if let stored, let ended = try await context.ended(stored, within: wait), !ended.isSwept {
                return whole(ended, waited: wait)
            }
        }
        return Acceptance(accepted).response
    }

    /// Notes when the rows should be done, before they are accepted: what waits then is what is before them.
    func estimate(_ accepted: inout Accepted) async {
        let view = try? await context.forecastView()  // try? because rows that came whole matter more than an estimate
        accepted.estimate = view.map { Estimate($0, accepted, at: context.clock.now) }
        accepted.waitingFor = await waitingFor(accepted.request)
        accepted.keepAnswer()
    }

    /// What will keep rows from running that are accepted now, as far as that is known before they are in the queue.
    func waitingFor(_ request: Submissions.Request) async -> WaitingFor? {
        // try? because the task itself tells it later.
        if let obstacle = try? await context.obstacle(to: request.model) { return WaitingFor(obstacle) }
        return request.notBefore.flatMap { $0 > context.clock.now ? .time($0) : nil }
    }

    /// The whole task, for a caller who waited for its end.
    private func whole(_ ended: StoredTask, waited: Duration) -> HTTPResponse {
        let body = JSONWriter.write { json in
            context.message(of: ended, result: ended.result).write(to: &json)
        }
        return .json(
            body,
            headers: [
                "Location": TaskAddresses(id: ended.task.id).own,
                "Preference-Applied": "wait=\(waited.components.seconds)",
            ])
    }

    // MARK: Repetitions

    /// What was accepted under a key whose whole submission is known; nil for a new one.
    ///
    /// Looked up before the rows are read: they may not even fit the version that is the default by now.
    func replay(of key: IdempotencyKey?) async throws -> IdempotencyKey.Replay? {
        guard let key, let found = try await submission(under: key) else { return nil }
        return try key.replay(of: found)
    }

    /// The same for a stream, which is read to its end to know it.
    func replay<Pieces: AsyncSequence>(
        of pieces: Pieces, _ options: SubmissionOptions, route: String
    ) async throws -> IdempotencyKey.Replay? where Pieces.Element == [UInt8] {
        guard let text = options.idempotencyKey, let found = try await submission(under: IdempotencyKey(text)) else {
            return nil
        }
        guard found.fingerprint != nil else { throw QueueError.keyInProgress }
        let fingerprint = SubmissionFingerprint(options, route: route)
        for try await piece in pieces { fingerprint.add(piece) }
        return try IdempotencyKey(text, fingerprint: fingerprint.finish()).replay(of: found)
    }

    private func submission(under key: IdempotencyKey) async throws -> IdempotencyTable.Found? {
        try await context.reading.read { [tasks = context.tasks, now = context.clock.now] in
            try tasks.submission(under: key.text, owner: APIContext.owner, at: now)
        }
    }

    /// The first answer to a submission again, or the whole task where its caller prefers to wait and it ends in time.
    func answer(_ replay: IdempotencyKey.Replay, _ request: HTTPRequest) async throws -> HTTPResponse {
        let stored = try await context.reading.read { [tasks = context.tasks] in
            try tasks.task(replay.task, owner: APIContext.owner)
        }
        guard let stored else { throw APIError.taskNotFound }
        if let wait = request.preferredWait, stored.task.input == .complete,
            let ended = try await context.ended(stored, within: wait), !ended.isSwept
        {
            return whole(ended, waited: wait)
        }
        return Acceptance(replay, stored).response
    }
}
