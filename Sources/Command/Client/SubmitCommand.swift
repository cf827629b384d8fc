internal import Core
internal import HTTP
internal import Operations

/// `sibyl submit`: hands a file over and prints the task's id; on a terminal, or when asked, it waits for the end.
struct SubmitCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "submit", "Submits a CSV, NDJSON or JSON file; prints the task's id.", operands: ["FILE|-"],
            options: [.init("--format", value: "FORMAT", "csv, ndjson or json; without it, by the file's ending.")]
                + SubmitOptions.all + [
                    .init("--check", "Only tells what would become of the file; nothing is kept."),
                    .init("--resume", value: "ID|@last", "Goes on with the upload of an earlier task."),
                    .init("--wait", "Waits for the end, also when no one watches."),
                    .init("--timeout", value: "SECONDS", "Waits no longer than this; then the exit code is 124."),
                    .init(
                        "--out", value: "FILE",
                        "Waits, then writes the results there; for CSV, beside your own columns."),
                ] + ResultOptions.shape + [ResultOptions.bom] + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard let file = arguments.operands.first else { throw UsageError("Name a file, or - for standard input.") }
        let format = try arguments.choice("--format", of: UploadSource.Format.allCases.map(\.rawValue))
        let client = try ServiceClient(arguments)
        let source = try UploadSource(file, format: format.flatMap(UploadSource.Format.init(rawValue:)))
        let query = try SubmitOptions.query(arguments, source.format)
        if arguments.has("--check") {
            if let other = ["--out", "--force", "--resume", "--wait"].first(where: arguments.has) {
                throw UsageError("--check keeps nothing; leave out \(other).")
            }
            let results = try Self.hasShape(arguments) ? Self.results(arguments, source, as: .csv) : nil
            return try FileCheck(client: client, source: source, query: query.judging(results))
                .run(asJSON: arguments.has("--json"))
        }
        let submission = Submission(
            client: client, source: source, query: query, key: arguments.value("--idempotency-key"),
            limit: WaitLimit(seconds: try arguments.number("--timeout", in: 0...1_000_000)),
            resumed: try Self.resumed(arguments, source, query), printsID: !arguments.has("--json"))
        let results = try Self.results(arguments, source)
        Interruption.watch()
        let path = try submission.send(checking: results?.query)
        guard arguments.has("--wait") || arguments.has("--timeout") || results != nil || Console.isWatched else {
            try Self.tell(path, client, asJSON: arguments.has("--json"))
            return 0
        }
        let (task, json) = try TaskWait(client: client, path: path, limit: submission.limit).run()
        if arguments.has("--json") { Console.write(json + [UInt8(ascii: "\n")]) }
        if Console.isWatched {
            Console.writeNote(task.summary)
        } else if !arguments.has("--json") {
            task.tellWarnings()
            if results == nil { task.tellFailures() }
        }
        guard let results else { return task.exitCode }
        try Download.requireWhole(task)
        try Download(client: client, path: path, query: results.query.text).save(to: results.file)
        Console.writeError(task.fileSummary(of: results.file.path))
        return task.exitCode
    }

    /// Tells of a task that was accepted what is known by now.
    private static func tell(_ path: TaskPath, _ client: ServiceClient, asJSON: Bool) throws {
        if asJSON { return Console.write(try client.get(path.task) + [UInt8(ascii: "\n")]) }
        // try? because the task was accepted, whatever becomes of a question about it.
        let answer = try? client.get(path.task)
        answer.flatMap { try? TaskAnswer.read($0) }?.tellWarnings()  // try? because of that
    }

    /// Whether anything is said about the results' columns or bytes.
    private static func hasShape(_ arguments: Arguments) -> Bool {
        (ResultOptions.shape + [ResultOptions.bom]).contains { arguments.has($0.name) }
    }

    /// The task that `--resume` names.
    private static func resumed(
        _ arguments: Arguments, _ source: UploadSource, _ query: QueryText
    ) throws -> TaskPath? {
        guard let name = arguments.value("--resume") else { return nil }
        guard source.isResumable, source.format != .json else {
            throw UsageError("Only the upload of a plain file of CSV or NDJSON can go on; submit this one anew.")
        }
        let id = try LastTask.id(named: name)
        try SubmitOptions.requireSame(arguments, query, as: LastTask.query(of: id))
        return TaskPath(id: id)
    }

    /// The file that `--out` names, and what is asked for it.
    private static func results(
        _ arguments: Arguments, _ source: UploadSource
    ) throws -> (file: OutputFile, query: QueryText)? {
        guard let path = arguments.value("--out") else {
            if let option = (ResultOptions.shape + [ResultOptions.bom]).first(where: { arguments.has($0.name) }) {
                throw UsageError("\(option.name) is about the results; say with --out where they go.")
            }
            return nil
        }
        let query = try results(arguments, source, as: ResultOptions.format(ofFile: path))
        return (try OutputFile(path, replaces: arguments.has("--force"), input: source.identity), query)
    }

    /// What is asked for of the results.
    private static func results(
        _ arguments: Arguments, _ source: UploadSource, as format: UploadSource.Format
    ) throws -> QueryText {
        var query = QueryText()
        query.add("format", format.rawValue)
        let isJoined = format == .csv && source.format == .csv
        if isJoined { query.add("join", "input") }
        try ResultOptions.checkPrefix(arguments, isJoined: isJoined)
        try ResultOptions.addShape(arguments, to: &query)
        if arguments.has(ResultOptions.bom.name) {
            guard format == .csv else {
                throw UsageError("--bom is about CSV; name a file that ends in .csv with --out.")
            }
            let encoding = arguments.value("--encoding")?.lowercased() ?? "auto"
            guard !isJoined || encoding == "auto" || encoding.hasPrefix("utf") else {
                throw UsageError(
                    "--bom is for tables in UTF-8, and --encoding says \(encoding); leave out --bom.")
            }
            query.add("bom", "true")
        }
        return query
    }
}

/// A file that becomes a task.
struct Submission {
    let client: ServiceClient
    let source: UploadSource
    let query: QueryText
    let key: String?
    let limit: WaitLimit
    /// The task whose upload goes on; nil for a new one.
    let resumed: TaskPath?
    let printsID: Bool

    /// Hands the file over, and tells the id as soon as there is one.
    ///
    /// - Parameter results: what is asked for of the results, to be refused before a row is sent; nil for nothing.
    func send(checking results: QueryText?) throws -> TaskPath {
        if let results { try judge(results) }
        if source.format == .json { return announced(try open(query, body: source.bytes(from: 0))) }
        var later = query
        later.add("upload", "later")
        let path = try resumed ?? open(later, body: .none)
        announce(path)
        let meter = UploadMeter(client, path, length: source.length)
        defer { meter.clear() }
        let upload = ResumableUpload(client: client, path: path, source: source, limit: limit, meter: meter)
        Interruption.advise("The input is not whole. " + upload.advice)
        try upload.run()
        return path
    }

    private func open(_ query: QueryText, body: HTTPUpload) throws -> TaskPath {
        var headers = HTTPHeaders()
        if case .file = body { headers = source.headers }
        if let key { headers.set("Idempotency-Key", key) }
        let answer = try client.send(.post, "/predict/async" + query.text, headers, body)
        return TaskPath(id: try TaskAnswer.read(answer.body).id)
    }

    /// Lets the service judge what is asked for of the results while there are none: nothing is opened for that.
    private func judge(_ results: QueryText) throws {
        var query = (try resumed.map(options(of:)) ?? query).judging(results)
        query.add("dry_run", "true")
        query.add("upload", "later")
        try client.send(.post, "/predict/async" + query.text)
    }

    /// What a task that goes on was opened with, as far as its results hang on it: it need not be said again.
    private func options(of path: TaskPath) throws -> QueryText {
        let task = try TaskAnswer.read(try client.get(path.task))
        var query = QueryText()
        query.add("model", task.model)
        query.add("model_version", task.model_version)
        return query
    }

    private func announced(_ path: TaskPath) -> TaskPath {
        announce(path)
        return path
    }

    private func announce(_ path: TaskPath) {
        LastTask.remember(path.id, query: resumed == nil ? query.text : LastTask.query(of: path.id))
        if printsID { Console.write("\(path.id)\n") }
    }
}
