internal import Catalog
internal import Core
internal import HTTP
internal import Intake

/// What a caller says about a submission besides its rows, in the body or in the query.
struct SubmissionOptions {
    var model: String?
    var version: String?
    var name: String?
    var priority: Priority?
    var idColumn: String?
    /// How a table is written, as far as the caller says so.
    var table = CSVOptions()
    /// The caller's key for this submission.
    var idempotencyKey: String?

    /// The members of a JSON body that are options.
    static let members = ["model", "model_version", "name", "priority"]
    /// The query items that are options; `id_column` is for tables.
    static let items = members + ["id_column"]

    /// Reads the query, and the header that names a version.
    init(_ request: HTTPRequest) throws {
        let isTable = request.mediaType == "text/csv"
        let options = try RequestOptions(
            request, known: Self.items + (isTable ? TableOptions.items : []),
            prefixes: isTable ? [TableOptions.mapPrefix] : [])
        if isTable { table = try TableOptions.read(options) }
        model = try options.text("model")
        version = try options.text("model_version")
        name = try options.text("name")
        priority = try options.text("priority").map(Self.priority)
        idColumn = try options.text("id_column")
        table.idColumn = idColumn
        try merge(\.version, request.headers.first("X-Model-Version"), named: "model_version")
        idempotencyKey = request.headers.first("Idempotency-Key")
        if let key = idempotencyKey, !(1...Limits.idempotencyKeyBytes).contains(key.utf8.count) {
            throw APIError.invalidParameter(
                name: "Idempotency-Key", expected: "1 to \(Limits.idempotencyKeyBytes) bytes")
        }
    }

    /// Adds what the body says; both may say the same, not different things.
    mutating func merge(_ body: JSONSubmission) throws {
        try merge(\.model, body.string("model"), named: "model")
        try merge(\.version, body.string("model_version"), named: "model_version")
        try merge(\.name, body.string("name"), named: "name")
        if let text = try body.string("priority") {
            let priority = try Self.priority(text)
            if let known = self.priority, known != priority { throw APIError.contradictoryParameters(name: "priority") }
            self.priority = priority
        }
    }

    private mutating func merge(
        _ path: WritableKeyPath<SubmissionOptions, String?>, _ value: String?, named name: String
    ) throws {
        guard let value else { return }
        if let known = self[keyPath: path], known != value { throw APIError.contradictoryParameters(name: name) }
        self[keyPath: path] = value
    }

    private static func priority(_ text: String) throws -> Priority {
        guard let priority = Priority(rawValue: text) else {
            throw APIError.invalidParameter(
                name: "priority", expected: Priority.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        return priority
    }
}
