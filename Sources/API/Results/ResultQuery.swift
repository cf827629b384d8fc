internal import Catalog
internal import Core
internal import HTTP
internal import Store

/// What a caller asks of results.
struct ResultQuery: Sendable {
    let format: ResultFormat
    /// Rows of the page; nil for the default page, or the whole as a stream.
    let limit: Int?
    /// Where the results begin.
    let cursor: ResultCursor
    let errorsOnly: Bool
    /// Whether a file may end where the results end now.
    let isPartial: Bool
    /// Whether rows that were run again stand with what came of that.
    let includesRetries: Bool
    /// Whether the caller's own records are given back with columns added.
    let isJoined: Bool
    /// What stands before the names of added columns.
    let prefix: String
    /// Whether the caller's own table is to begin with a byte order mark; nil to leave it as it came.
    let hasByteOrderMark: Bool?
    /// How a table of its own is written.
    let dialect: ResultDialect
    let shape: ResultShape
    private let kept: [RequestOptions.Item]

    private static let names =
        [
            "limit", "cursor", "format", "errors_only", "partial", "include", "join", "prefix", "probabilities",
            "fields",
            "threshold",
        ] + ResultDialect.names

    /// What may be joined or included.
    private enum Join: String, CaseIterable { case input }
    private enum Include: String, CaseIterable { case retries }

    init(_ request: HTTPRequest) throws {
        try self.init(RequestOptions(request, known: Self.names)) { try Self.acceptable(request) }
    }

    /// Reads what will be asked for, before there are results.
    init(_ items: [RequestOptions.Item]) throws {
        try self.init(RequestOptions(items, known: Self.names)) { .json }
    }

    /// - Parameter acceptable: the format where none is named.
    private init(_ options: RequestOptions, otherwise acceptable: () throws -> ResultFormat) throws {
        limit = try options.integer("limit", in: 1...Limits.pageRows)
        cursor = try options.text("cursor").map(ResultCursor.init(text:)) ?? .start
        errorsOnly = try options.flag("errors_only") ?? false
        isPartial = try options.flag("partial") ?? false
        includesRetries = try options.word("include", of: Include.self) != nil
        isJoined = try options.word("join", of: Join.self) != nil
        prefix = try options.text("prefix", maximumBytes: Limits.prefixBytes) ?? ""
        hasByteOrderMark = try options.flag("bom")
        dialect = try isJoined ? ResultDialect(RequestOptions([], known: [])) : ResultDialect(options)
        shape = try Self.shape(options)
        kept = options.items.filter { !["limit", "cursor"].contains($0.name) }
        if let format = try options.word("format", of: ResultFormat.self) {
            self.format = format
        } else {
            format = try isJoined ? .csv : acceptable()
        }
        if isJoined, format != .csv {
            throw APIError.invalidParameter(name: "format", expected: "`csv` with `join=input`")
        }
        try requireMeaning(options)
    }

    /// - Throws: ``APIError/meaningless(name:without:)`` for an option that changes nothing where it stands.
    private func requireMeaning(_ options: RequestOptions) throws {
        func require(_ names: [String], _ hasMeaning: Bool, _ place: String) throws {
            guard !hasMeaning, let item = options.items.first(where: { names.contains($0.name) }) else { return }
            throw APIError.meaningless(name: item.name, place: place)
        }
        try require(["prefix"], isJoined, "with `join=input`")
        try require(["bom"], format == .csv, "with `format=csv` or `join=input`")
        try require(
            ResultDialect.names.filter { $0 != "bom" }, format == .csv && !isJoined,
            "with `format=csv` and without `join=input`, which keeps the table as it came")
        try require(["partial"], format != .json && limit == nil, "to whole files (CSV or NDJSON without `limit`)")
    }

    private static func shape(_ options: RequestOptions) throws -> ResultShape {
        var shape = ResultShape()
        if let text = try options.text("probabilities") {
            shape.probabilities = ShownProbabilities(text)
            if shape.probabilities == nil {
                throw APIError.invalidParameter(name: "probabilities", expected: "`none`, `all` or such as `top:3`")
            }
        }
        shape.fields = try options.text("fields", maximumBytes: Limits.headerBytes).map {
            $0.split(separator: ",").map(String.init)
        }
        shape.threshold = try options.number("threshold", in: 0...1)
        return shape
    }

    /// The format that the caller prefers; JSON where it does not care.
    private static func acceptable(_ request: HTTPRequest) throws -> ResultFormat {
        let types = ["application/json", "text/csv", "application/x-ndjson", "application/jsonl"]
        switch try MediaTypes.preferred(types, by: request.headers) {
        case "application/json": return .json
        case "text/csv": return .csv
        default: return .ndjson
        }
    }

    /// The options that the address of the next page repeats.
    var repeated: String { kept.map { "&\($0.name)=\(PercentEncoding.encode($0.value))" }.joined() }
}

extension ResultQuery {
    /// Judges what will be asked for of a task, before it has results, or is there at all.
    ///
    /// - Parameters:
    ///   - options: those of the submission.
    ///   - input: how its table is written; nil while nothing of it has come.
    /// - Throws: ``APIError`` when what is asked for does not suit the model or the input.
    func check(against model: ResolvedModel, _ options: SubmissionOptions, input: StoredInput?) throws {
        guard isJoined, input == nil else {
            let name = model.identity.version
            return _ = try ResultEncoder(model.output, version: name, self, input: input)
        }
        guard options.keepsInput else { throw APIError.notJoinable }
        _ = try ResultColumns(model.output.withThreshold(shape.threshold), shape, isJoined: true)
    }
}
