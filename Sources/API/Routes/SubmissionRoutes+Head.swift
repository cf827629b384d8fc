internal import Catalog
internal import Core
internal import HTTP
internal import Queue

/// What the head of a submission decides alone, so that a caller who waits for a word need not send its rows in vain.
extension SubmissionRoutes {
    /// Told to a caller who sends a file by PUT, as `curl -T` does.
    static let advice =
        "Send rows with POST, such as curl -H 'Content-Type: text/csv' --data-binary @customers.csv"
        + " '…/predict/async?model=churn'; curl -T needs -X POST."

    /// Chooses how a submission is read.
    ///
    /// - Throws: what is wrong with its type or its options, or that too many streams are read already.
    func handler(for request: HTTPRequest) throws -> Route.Handler {
        _ = try request.charset()
        // A caller who waits for a word is spared rows for which there is no room, as far as was seen a moment ago.
        if request.headers.first("Expect") != nil, let view = try context.immediateView() {
            try context.submissions.requireRoom(beside: view.rows)
        }
        if Self.isWhole(request) {
            if !request.query.items.isEmpty { try checkOptions(of: request, isTable: false, mayNameModelLater: true) }
            return .prompt(upTo: Limits.jsonBodyBytes) { try await submit(json: $1, $0) }
        }
        try checkStream(request)
        return .streamed(upTo: Limits.streamBodyBytes) { try await submit($0, $1) }
    }

    /// Whether the body is read whole: rows in JSON.
    private static func isWhole(_ request: HTTPRequest) -> Bool {
        guard request.query.first("upload") == nil else { return false }
        let mediaType = request.mediaType
        return mediaType == nil || mediaType == "application/json"
    }

    private func checkStream(_ request: HTTPRequest) throws {
        if request.query.first("upload") != nil {
            return try checkOptions(of: request, isTable: true, mayNameModelLater: true)
        }
        try request.refuseFormEncoding(areFilesRead: true)
        let isForm = FormBoundary.isForm(request.headers)
        if isForm { _ = try FormBoundary(request.headers) }
        let format = StreamFormat(mediaType: request.mediaType)
        guard isForm || format != nil else { throw APIError.unreadable(request.mediaType, fileName: nil) }
        try checkOptions(of: request, isTable: format?.isTable ?? true, mayNameModelLater: false)
        guard context.uploads.hasRoom else { throw APIError.tooManyUploads }
    }

    /// - Parameter mayNameModelLater: whether the body may name the model.
    private func checkOptions(of request: HTTPRequest, isTable: Bool, mayNameModelLater: Bool) throws {
        let options = try SubmissionOptions(request, isTable: isTable)
        if options.model == nil, mayNameModelLater { return }
        // What a repetition names may be gone by now; its key is looked up first.
        if options.idempotencyKey != nil { return }
        _ = try context.catalog.resolve(model: options.model, version: options.version)
    }
}
