internal import Catalog
internal import Core
internal import Foundation
internal import HTTP
internal import Intake
internal import Queue
internal import Store

/// `/predict/async/{id}/input`: the rows of a task that was opened with `upload=later`, in one request or in several.
///
/// `HEAD` tells how much is stored. A `PUT` begins there; rows are scored while the rest arrives, and a request that
/// breaks loses at most the rows that were not yet stored.
struct UploadRoutes {
    let context: APIContext
    let submissions: SubmissionRoutes

    /// How many bytes of the input are stored, as the IETF's draft of resumable uploads names it.
    static let offsetHeader = "Upload-Offset"
    /// Whether the input is whole: `?1` or `?0`.
    private static let completeHeader = "Upload-Complete"

    private var lookup: TaskLookup { TaskLookup(context: context) }

    var routes: [Route] {
        [
            Route(.head, "/predict/async/{id}/input", .asynchronous { try await state($0) }),
            Route(
                .put, "/predict/async/{id}/input",
                .chosen { request in
                    try checkHead(of: request)
                    return .streamed(upTo: Limits.streamBodyBytes) { try await receive($0, $1) }
                }),
        ]
    }

    /// Looks at what is wrong whatever the body brings: a point read, on the connection's own thread.
    private func checkHead(of request: HTTPRequest) throws {
        _ = try ContentRange(request)
        guard try lookup.task(of: request).task.input == .receiving else { throw QueueError.notReceiving }
        _ = try format(of: request)
    }

    private func state(_ request: HTTPRequest) async throws -> HTTPResponse {
        HTTPResponse(status: 200, headers: headers(of: try await find(request)))
    }

    private func headers(of stored: StoredTask) -> HTTPHeaders {
        [
            Self.offsetHeader: "\(stored.task.inputBytes)",
            Self.completeHeader: stored.task.input == .complete ? "?1" : "?0", "Cache-Control": "no-store",
        ]
    }

    private func receive(_ request: HTTPRequest, _ body: HTTPBody) async throws -> HTTPResponse {
        let range = try ContentRange(request)
        let stored = try await find(request)
        guard stored.task.input == .receiving else { throw QueueError.notReceiving }
        let format = try format(of: request)
        let known = try await context.reading.read { [tasks = context.tasks] in try tasks.input(of: stored) }
        if let type = known?.mediaType, type != format.mediaType {
            throw APIError.unsupportedMediaType(known: [type])
        }
        var options = try SubmissionOptions(stored: known?.options ?? "[]", isTable: format.isTable)
        try options.declare(try request.charset(), isTable: format.isTable)
        let model = try model(of: stored)
        let task = try await reopened(stored, model, options)
        // The slot first: a request that gets none must not cut off the sender that has one.
        try await context.uploads.withSlot(for: request.holder) {
            var resumed = try await context.submissions.resume(
                stored, as: task, at: range?.start ?? 0, receiver: context.receiver)
            resumed.input.mediaType = format.mediaType
            var upload = Upload(resuming: resumed, as: task, context: context)
            do {
                try await read(
                    MeasuredBody(body: body, bytes: range?.count), isLast: range?.isLast ?? true, resumed, format,
                    model, options, into: &upload)
            } catch {
                await upload.abandon(because: error)
                throw error
            }
        }
        return try await answer(request, was: stored)
    }

    private func read(
        _ body: MeasuredBody, isLast: Bool, _ resumed: Submissions.Resumed, _ format: StreamFormat,
        _ model: ResolvedModel, _ options: SubmissionOptions, into upload: inout Upload
    ) async throws {
        let chunkRows = try await submissions.chunkRows(for: model)
        func read(_ scanner: some StreamScanner) async throws {
            var intake = try StreamIntake(
                scanner, input: resumed.input, signature: model.signature, options: options, chunkRows: chunkRows,
                after: resumed.rows)
            try await intake.read(body, isLast: isLast, into: &upload)
        }
        switch format {
        case .csv: try await read(csvScanner(resumed.input, model, options))
        case .ndjson: try await read(ndjsonScanner(resumed.input, model, options))
        }
        if isLast { try await upload.finish(under: nil) } else { try await upload.pause() }
    }

    private func csvScanner(
        _ input: StoredInput, _ model: ResolvedModel, _ options: SubmissionOptions
    ) throws -> CSVScanner {
        guard let text = input.resumption else {
            return CSVScanner(signature: model.signature, options: options.table)
        }
        let resumption = try JSONDecoder().decode(CSVResumption.self, from: Data(text.utf8))
        return try CSVScanner(
            signature: model.signature, options: options.table, resuming: resumption, header: input.header)
    }

    private func ndjsonScanner(
        _ input: StoredInput, _ model: ResolvedModel, _ options: SubmissionOptions
    ) throws -> NDJSONScanner {
        let resumption = try input.resumption.map {
            try JSONDecoder().decode(NDJSONScanner.Resumption.self, from: Data($0.utf8))
        }
        return NDJSONScanner(
            signature: model.signature, idName: options.idColumn ?? "id", line: resumption?.nextLine ?? 1)
    }

    // MARK: Request

    private func format(of request: HTTPRequest) throws -> StreamFormat {
        _ = try RequestOptions(request, known: [])
        guard let format = StreamFormat(mediaType: request.mediaType) else {
            throw APIError.unsupportedMediaType(known: StreamFormat.allCases.map(\.mediaType))
        }
        return format
    }

    /// The model that the task is pinned to.
    private func model(of stored: StoredTask) throws -> ResolvedModel {
        let pinned = stored.task.model
        let model = try context.catalog.resolve(model: pinned.model, version: pinned.version)
        guard model.identity == pinned else { throw APIError.modelReplaced }
        return model
    }

    /// What the task was opened with.
    private func reopened(
        _ stored: StoredTask, _ model: ResolvedModel, _ options: SubmissionOptions
    ) async throws -> Submissions.Request {
        var request = try await submissions.makeTask(model, options).request
        request.draft.id = stored.task.id
        request.draft.priority = stored.task.priority
        request.draft.createdAt = stored.task.createdAt
        request.isHeld = options.invalidRows == .reject
        return request
    }

    private func find(_ request: HTTPRequest) async throws -> StoredTask {
        try await context.reading.read { [lookup] in try lookup.task(of: request) }
    }

    // MARK: Answer

    /// The task as it is now, and where a next part goes on.
    private func answer(_ request: HTTPRequest, was before: StoredTask) async throws -> HTTPResponse {
        let stored = try await find(request)
        guard stored.task.input == .complete || stored.task.inputBytes > before.task.inputBytes else {
            throw APIError.partTooSmall
        }
        _ = try await context.forecastView()
        let body = JSONWriter.write {
            context.message(of: stored, result: stored.result).write(to: &$0)
        }
        return .json(body, headers: headers(of: stored))
    }
}

/// Which bytes of an input a request brings: `Content-Range: bytes 1000-1999/5000`.
///
/// `bytes */5000` without a body ends an input of which every byte is stored: a range cannot be empty otherwise.
struct ContentRange {
    let start: Int
    let count: Int
    /// Whether the input ends with these bytes.
    let isLast: Bool

    /// - Returns: nil when the request brings the whole input.
    /// - Throws: ``APIError/invalidParameter(name:expected:)``; ``APIError/contradictoryOptions(_:_:)`` for compressed
    ///   bytes, whose places mean nothing here.
    init?(_ request: HTTPRequest) throws {
        guard let text = request.headers.first("Content-Range") else { return nil }
        guard request.headers.first("Content-Encoding") == nil else {
            throw APIError.contradictoryOptions("Content-Encoding", "Content-Range")
        }
        guard let range = Self.parse(text) else {
            throw APIError.invalidParameter(
                name: "Content-Range", expected: "such as `bytes 1000-1999/5000`, or `bytes 1000-1999/*` for a part")
        }
        if let length = request.headers.first("Content-Length").flatMap({ Int($0) }), length != range.count {
            throw APIError.invalidParameter(name: "Content-Range", expected: "as long as the body")
        }
        (start, count) = (range.start, range.count)
        isLast = range.total == range.start + range.count
    }

    private static func parse(_ text: String) -> (start: Int, count: Int, total: Int?)? {
        if let match = text.wholeMatch(of: /bytes \*\/(\d{1,18})/) { return Int(match.1).map { ($0, 0, $0) } }
        guard let match = text.wholeMatch(of: /bytes (\d{1,18})-(\d{1,18})\/(\d{1,18}|\*)/),
            let start = Int(match.1), let end = Int(match.2), end >= start
        else { return nil }
        let total = Int(match.3)
        guard match.3 == "*" || total.map({ $0 > end }) == true else { return nil }
        return (start, end - start + 1, total)
    }
}
