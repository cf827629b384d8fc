internal import Catalog
internal import Core
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// A stream of rows that becomes a task, and what is known of it before its first byte.
struct StreamSubmission {
    let format: StreamFormat
    let model: ResolvedModel
    let options: SubmissionOptions
    /// The task whose rows these are, when they run again.
    var parent: TaskTable.Draft.Parent?
    /// The same where it is stranded; it fails when this one is accepted.
    var replaced: StoredTask?
    /// The caller's key, where it does not depend on the bytes of the stream.
    var key: IdempotencyKey?

    /// By what a repetition of the same bytes is known.
    static func route(_ format: StreamFormat) -> String { "stream \(format)" }
}

/// Rows that come as a stream: CSV or NDJSON.
extension SubmissionRoutes {
    /// Accepts a stream of rows; unless the caller says otherwise, bad rows fail alone.
    ///
    /// - Parameter charset: what the Content-Type of the rows says.
    func submit<Pieces: AsyncSequence>(
        _ pieces: Pieces, _ format: StreamFormat, _ charset: CSVEncoding?, _ request: HTTPRequest
    ) async throws -> HTTPResponse where Pieces.Element == [UInt8] {
        var options = try SubmissionOptions(request, isTable: format.isTable)
        try options.declare(charset, isTable: format.isTable)
        // The key is looked up before the model: a version that was named may be gone by now.
        if !options.isDryRun,
            let replay = try await replay(of: pieces, options, route: StreamSubmission.route(format))
        {
            return try await answer(replay, request)
        }
        let model = try context.catalog.resolve(model: options.model, version: options.version)
        let stream = StreamSubmission(format: format, model: model, options: options)
        let task = try await makeTask(stream)
        if options.isDryRun { return try await dryRun(pieces, try scanner(of: stream), stream, task) }
        return try await finish(task, request) { $0 = try await accept(pieces, stream, $0) }
    }

    /// Reads a stream into a task and accepts it; does not wait for the task's end.
    ///
    /// - Throws: what broke the stream, why it cannot be read, the queue's errors, or `IdempotencyKey.Replay`.
    func accept<Pieces: AsyncSequence>(
        _ pieces: Pieces, _ stream: StreamSubmission, _ task: Accepted? = nil
    ) async throws -> Accepted where Pieces.Element == [UInt8] {
        let made: Accepted = if let task { task } else { try await makeTask(stream) }
        return try await accept(pieces, try scanner(of: stream), stream, made)
    }

    private func accept<Pieces: AsyncSequence, Scanner: StreamScanner>(
        _ pieces: Pieces, _ scanner: Scanner, _ stream: StreamSubmission, _ task: Accepted
    ) async throws -> Accepted where Pieces.Element == [UInt8] {
        var accepted = task
        var intake = try await intake(scanner, stream)
        var upload = Upload(accepted.request, context: context)
        do {
            let isKnownByBytes = stream.key == nil && accepted.request.key != nil
            let fingerprint =
                isKnownByBytes
                ? SubmissionFingerprint(stream.options, route: StreamSubmission.route(stream.format)) : nil
            try await intake.read(pieces, into: &upload) { fingerprint?.add($0) }
            accepted.rows = upload.rows
            accepted.request.key?.fingerprint = fingerprint?.finish() ?? stream.key?.fingerprint
            await estimate(&accepted)
            try await upload.finish(under: accepted.request.key)
        } catch {
            if !(error is IdempotencyKey.Replay) { await upload.abandon(because: error) }
            throw error
        }
        return accepted
    }

    private func dryRun<Pieces: AsyncSequence, Scanner: StreamScanner>(
        _ pieces: Pieces, _ scanner: Scanner, _ stream: StreamSubmission, _ task: Accepted
    ) async throws -> HTTPResponse where Pieces.Element == [UInt8] {
        var intake = try await intake(scanner, stream)
        var upload = Upload(sampling: task.request, context: context)
        try await intake.read(pieces, into: &upload)
        return try await DryRun(context: context, submissions: self).answer(
            stream.model, stream.options, rows: upload.rows, report: intake.report, sample: upload.sample?.rows,
            input: intake.input)
    }

    private func makeTask(_ stream: StreamSubmission) async throws -> Accepted {
        var accepted = try await makeTask(stream.model, stream.options)
        accepted.request.isHeld = stream.options.invalidRows == .reject
        accepted.request.draft.parent = stream.parent
        if let replaced = stream.replaced { accepted.request.replace(replaced) }
        accepted.request.draft.kept = stream.options.keepsInput ? .records : .none
        return accepted
    }

    private func scanner(of stream: StreamSubmission) throws -> any StreamScanner {
        switch stream.format {
        case .csv: CSVScanner(signature: stream.model.signature, options: stream.options.table)
        case .ndjson: NDJSONScanner(signature: stream.model.signature, idName: stream.options.idColumn ?? "id")
        }
    }

    private func intake<Scanner: StreamScanner>(
        _ scanner: Scanner, _ stream: StreamSubmission
    ) async throws -> StreamIntake<Scanner> {
        try StreamIntake(
            scanner, input: StoredInput(mediaType: stream.format.mediaType, options: stream.options.stored),
            signature: stream.model.signature, options: stream.options,
            chunkRows: await chunkRows(for: stream.model))
    }
}
