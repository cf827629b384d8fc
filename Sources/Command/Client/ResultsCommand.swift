internal import Core
internal import Operations

/// `sibyl results`: the predictions of a task, in the order of its rows.
struct ResultsCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "results",
            "Prints a task's predictions. Without --format: id, prediction and score (confidence where there is none) of the "
                + "rows that are there, in columns on a terminal, else between tabs and without a header.",
            operands: ["ID|@last"],
            options: [
                .init("--format", value: "FORMAT", "csv or ndjson, whole to the task's end; json, page by page."),
                .init("--join", "Your own table with the predictions added, as it was sent."),
                .init("--errors", "Only rows that failed."),
                .init("--partial", "What is there, of a task that has not ended or ended early."),
                .init("--include-retries", "Rows that were run again, with what came of that."),
                .init("--probabilities", value: "WHICH", "none, all, or such as top:3."),
                .init("--limit", value: "N", "Only the first N rows, up to \(Limits.pageRows)."),
                .init("--out", value: "FILE", "Waits for the end and writes a whole file, or none."),
            ] + ResultOptions.shape + ResultOptions.dialect + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let client = try ServiceClient(arguments)
        let path = TaskPath(id: try LastTask.id(arguments))
        if let file = arguments.value("--out") { return try save(to: file, arguments, client, path) }
        if arguments.has("--force") { throw UsageError("--force works only together with --out.") }
        let limit = try arguments.integer("--limit", in: 1...Limits.pageRows).map(String.init)
        let format = try Self.format(arguments)
        let query = try Self.query(arguments, format)
        if limit != nil, arguments.has("--partial") {
            throw UsageError("--limit prints what is there anyway; leave out --partial.")
        }
        switch format {
        case .json: try printPages(client, path, query, limit: limit)
        case let format?:
            var query = query
            query.add("format", format.rawValue)
            query.add("limit", limit)
            if arguments.has("--partial") { query.add("partial", "true") }
            try Download(client: client, path: path, query: query.text).print()
        case nil: try printLines(client, path, query, limit: limit)
        }
        return 0
    }

    /// The format that is asked for; nil for lines for people.
    private static func format(_ arguments: Arguments) throws -> UploadSource.Format? {
        let formats = UploadSource.Format.allCases.map(\.rawValue)
        let format = try arguments.choice("--format", of: formats).flatMap(UploadSource.Format.init(rawValue:))
        if arguments.has("--json") { return .json }
        if arguments.has("--join") {
            guard format == nil || format == .csv else { throw UsageError("--join gives a table; leave out --format.") }
            return .csv
        }
        return format
    }

    private static func query(_ arguments: Arguments, _ format: UploadSource.Format?) throws -> QueryText {
        var query = QueryText()
        try ResultOptions.addShape(arguments, to: &query)
        let isJoined = arguments.has("--join")
        try ResultOptions.checkPrefix(arguments, isJoined: isJoined)
        try ResultOptions.addDialect(arguments, isTable: format == .csv, isJoined: isJoined, to: &query)
        if isJoined { query.add("join", "input") }
        if arguments.has("--errors") { query.add("errors_only", "true") }
        if arguments.has("--include-retries") { query.add("include", "retries") }
        query.add("probabilities", arguments.value("--probabilities"))
        return query
    }

    private func save(
        to file: String, _ arguments: Arguments, _ client: ServiceClient, _ path: TaskPath
    ) throws -> Int32 {
        guard !arguments.has("--limit") else { throw UsageError("--out writes all rows; leave out --limit.") }
        let format = try Self.format(arguments) ?? ResultOptions.format(ofFile: file)
        guard format != .json else { throw UsageError("A file of results is csv or ndjson; name it with --format.") }
        var query = try Self.query(arguments, format)
        query.add("format", format.rawValue)
        let output = try OutputFile(file, replaces: arguments.has("--force"))
        Interruption.watch()
        let task: TaskAnswer
        if arguments.has("--partial") {
            query.add("partial", "true")
            task = try TaskAnswer.read(try client.get(path.task))
        } else {
            task = try TaskWait(client: client, path: path, limit: WaitLimit(seconds: nil)).run().task
            try Download.requireWhole(task)
        }
        try Download(client: client, path: path, query: query.text).save(to: output)
        Console.writeError(task.fileSummary(of: file, onlyFailed: arguments.has("--errors")))
        return 0
    }

    /// One line a row, as far as they are there.
    private func printLines(_ client: ServiceClient, _ path: TaskPath, _ asked: QueryText, limit: String?) throws {
        var (query, printer) = (asked, ResultPrinter())
        query.add("format", "ndjson")
        query.add("limit", limit)
        if limit == nil { query.add("partial", "true") }
        try Download(client: client, path: path, query: query.text).fetch { try printer.take($0) }
    }

    /// A page of results: where the next one begins.
    private struct Page: Decodable {
        struct Row: Decodable {}

        var results: [Row]
        var next_cursor: String?
    }

    /// The service's own pages, one a line.
    private func printPages(_ client: ServiceClient, _ path: TaskPath, _ asked: QueryText, limit: String?) throws {
        var cursor: String?
        repeat {
            var query = asked
            query.add("limit", limit ?? "1000")
            query.add("cursor", cursor)
            let bytes = try client.get(path.results + query.text)
            try Console.stream(bytes + [UInt8(ascii: "\n")])
            let next = try Page.read(bytes).next_cursor
            // Of a running task the next page begins where this one does when nothing new is there.
            cursor = limit == nil && next != cursor ? next : nil
        } while cursor != nil
    }
}
