internal import Core
internal import Foundation
internal import HTTP
internal import Intake

/// What a caller says about a submission besides its rows, in the query, in headers or in a JSON body.
struct SubmissionOptions {
    /// What becomes of rows that do not fit the model.
    enum InvalidRows: String, CaseIterable {
        /// They refuse the whole submission.
        case reject
        /// They fail alone.
        case record
    }

    /// When the rows come.
    enum UploadTime: String, CaseIterable {
        /// In requests of their own, after the task's id was given out.
        case later
    }

    var model: String?
    var version: String?
    var name: String?
    var priority: Priority?
    var metadata: [String: String] = [:]
    var idColumn: String?
    /// What becomes of bad rows; nil for the rule of the format.
    var invalidRows: InvalidRows?
    /// Whether the input is kept until the results go: given back with columns added, or run again.
    var keepsInput = true
    /// After how long rows that have not run are given up.
    var deadlineIn: Duration?
    /// How long results are kept after the end.
    var keepFor: Duration?
    /// Before when no row may run.
    var notBefore: WallTime?
    /// Whether the rows are only looked at, and nothing is kept.
    var isDryRun = false
    /// What will be asked for of the results, to be judged by a dry run.
    var results: ResultQuery?
    var uploadTime: UploadTime?
    /// How a table is written, as far as the caller says so.
    var table = CSVOptions()
    /// The caller's key for this submission.
    var idempotencyKey: String?
    /// The options as they were written: what makes two submissions the same, and what a later upload reads again.
    private(set) var items: [RequestOptions.Item]
    /// All of the request's own, by which a repetition under a key is known; of a rerun not those that its rows are read by.
    private(set) var said: [RequestOptions.Item]

    /// The names of options of one prediction that is answered at once.
    static let synchronous = ["model", "model_version", "name", "priority"]
    /// The names of all options that are not about tables.
    static let all =
        synchronous + [
            "id_column", "on_invalid", "keep_input", "deadline_in", "keep_for", "not_before", "dry_run", "upload",
        ]
    /// The members of a JSON body that are options.
    static let members = all + ["metadata"]
    private static let metadataPrefix = "metadata."
    private static let resultsPrefix = "results."

    /// Reads the query, the headers, and a JSON body if there is one; where two of them say the same thing, they must
    /// agree.
    ///
    /// - Parameters:
    ///   - names: the options that the route knows.
    ///   - isTable: whether the rows may come as a table.
    init(
        _ request: HTTPRequest, names: [String] = all, body: JSONObject? = nil, isTable: Bool = false
    ) throws {
        var items: [RequestOptions.Item] = request.query.items.map { ($0.name, $0.value) }
        if let version = request.headers.first("X-Model-Version") { items.append(("model_version", version)) }
        if let body { items += try Self.items(of: body, names) }
        try self.init(items, names: names, isTable: isTable)
        idempotencyKey = request.headers.first("Idempotency-Key")
        if let key = idempotencyKey?.utf8, !(1...Limits.idempotencyKeyBytes).contains(key.count) || key.contains(0) {
            throw APIError.invalidParameter(
                name: "Idempotency-Key", expected: "1 to \(Limits.idempotencyKeyBytes) bytes without NUL")
        }
    }

    /// Reads options that were written elsewhere.
    init(_ items: [RequestOptions.Item], names: [String] = all, isTable: Bool) throws {
        self.items = items
        said = items
        let options = try RequestOptions(
            items, known: names + (isTable ? TableOptions.items : []),
            prefixes: [Self.metadataPrefix, Self.resultsPrefix] + (isTable ? [TableOptions.mapPrefix] : []))
        if isTable { table = try TableOptions.read(options) }
        model = try options.text("model")
        version = try options.text("model_version")
        name = try options.text("name")
        priority = try options.word("priority", of: Priority.self)
        metadata = try options.texts(under: Self.metadataPrefix, maximumBytes: Limits.metadataBytes)
        idColumn = try options.text("id_column")
        table.idColumn = idColumn
        invalidRows = try options.word("on_invalid", of: InvalidRows.self)
        keepsInput = try options.flag("keep_input") ?? true
        deadlineIn = try options.seconds("deadline_in", upTo: Limits.deadline)
        keepFor = try options.seconds("keep_for", upTo: Limits.keepFor)
        notBefore = try options.text("not_before").map { try Self.time($0, named: "not_before") }
        isDryRun = try options.flag("dry_run") ?? false
        uploadTime = try options.word("upload", of: UploadTime.self)
        results = try Self.results(items, isDryRun: isDryRun)
        guard metadata.count <= Limits.metadataStrings,
            metadata.keys.allSatisfy({ (1...Limits.metadataBytes).contains($0.utf8.count) && !$0.utf8.contains(0) })
        else {
            throw APIError.invalidParameter(
                name: "metadata",
                expected: "at most \(Limits.metadataStrings) strings, each under a name of 1 to "
                    + "\(Limits.metadataBytes) bytes without NUL")
        }
    }

    /// Takes the character set that the rows' Content-Type says as if `encoding` said it.
    ///
    /// - Parameter isTable: whether the rows are a table; JSON is UTF-8.
    /// - Throws: ``APIError/contradictoryParameters(name:)`` when `encoding` says another; `IntakeError.notUTF8`.
    mutating func declare(_ charset: CSVEncoding?, isTable: Bool) throws {
        guard let charset else { return }
        guard isTable else { return try MediaTypeCharset.requireUTF8(charset) }
        if let stated = table.encoding {
            guard stated.agrees(with: charset) else { throw APIError.contradictoryParameters(name: "encoding") }
            return
        }
        items.removeAll { $0.name == "encoding" }
        items.append(("encoding", charset.rawValue))
        said.append(("charset", charset.rawValue))
        table.encoding = charset
    }

    /// What stands under the prefix of results.
    private static func results(_ items: [RequestOptions.Item], isDryRun: Bool) throws -> ResultQuery? {
        let asked = items.filter { $0.name.hasPrefix(resultsPrefix) }
        if asked.isEmpty { return nil }
        guard isDryRun else { throw APIError.meaningless(name: resultsPrefix + "…", place: "with `dry_run=true`") }
        return try ResultQuery(asked.map { (String($0.name.dropFirst(resultsPrefix.count)), $0.value) })
    }

    /// The options among a body's members.
    private static func items(of body: JSONObject, _ names: [String]) throws -> [RequestOptions.Item] {
        var items: [RequestOptions.Item] = []
        for name in names {
            switch name {
            case "keep_input", "dry_run": try body.flag(name).map { items.append((name, "\($0)")) }
            case "upload": if try body.flag(name) == true { items.append((name, UploadTime.later.rawValue)) }
            case "deadline_in", "keep_for":
                try body.number(name, in: 0.001...Limits.keepFor.inSeconds).map { items.append((name, text(of: $0))) }
            default: try body.string(name).map { items.append((name, $0)) }
            }
        }
        for (name, value) in try body.strings("metadata") ?? [:] { items.append((metadataPrefix + name, value)) }
        return items
    }

    /// A number as people write it: 60 and not 60.0, so that it agrees with the same in the query.
    private static func text(of number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }

    private static func time(_ text: String, named name: String) throws -> WallTime {
        guard let time = WallTime(text) else {
            throw APIError.invalidParameter(
                name: name,
                expected:
                    "a valid date and time with a time zone, such as `2026-11-21T09:30:00Z`; in a URL write `+` as "
                    + "`%2B`")
        }
        return time
    }
}

extension SubmissionOptions {
    /// The options as a text that ``init(stored:isTable:)`` reads.
    var stored: String {
        let bytes = JSONWriter.write { json in
            json.array { json in
                for item in items {
                    json.array { json in
                        json.value(item.name)
                        json.value(item.value)
                    }
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` when the deadline is over before a row may run.
    func requireTimeToRun(from now: WallTime) throws {
        guard let notBefore, let deadlineIn, notBefore >= now + deadlineIn else { return }
        throw APIError.invalidParameter(
            name: "not_before", expected: "earlier than the deadline that `deadline_in` sets, or no row could run")
    }

    /// These options, which say how rows are read, for another run of them.
    func repeated(as run: SubmissionOptions) -> SubmissionOptions {
        var options = self
        options.name = run.name
        options.priority = run.priority ?? priority
        options.metadata = run.metadata.isEmpty ? metadata : run.metadata
        options.idempotencyKey = run.idempotencyKey
        options.said = run.said
        (options.deadlineIn, options.notBefore, options.uploadTime) = (nil, nil, nil)
        return options
    }

    /// Reads options back that were kept with a task.
    ///
    /// - Parameter isTable: whether the rows are a table; options about tables are an error otherwise.
    init(stored: String, isTable: Bool) throws {
        let items = try JSONDecoder().decode([[String]].self, from: Data(stored.utf8))
        try self.init(items.map { ($0[0], $0[1]) }, isTable: isTable)
    }
}
