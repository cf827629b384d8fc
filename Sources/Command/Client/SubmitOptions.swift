internal import Core
internal import Operations

/// What a person says about a submission, and how the service is told.
enum SubmitOptions {
    /// About the task.
    private static let task: [CommandSyntax.Option] = [
        .init("--model", value: "NAME", "The model that scores the rows."),
        .init("--version", value: "NAME", "A version of it, in place of the default one."),
        .init("--name", value: "TEXT", "A name for the task, such as a campaign's."),
        .init("--metadata", value: "NAME=TEXT", "A text that is kept with the task; may be repeated."),
        .init("--priority", value: "P", "high, normal or low."),
        .init("--id-column", value: "NAME", "The column that holds your own id of a row."),
        .init("--on-invalid", value: "WHAT", "reject: one bad row refuses all; record: bad rows fail alone."),
        .init("--keep-input", value: "WHAT", "false: your rows are not kept; then there is no --join and no rerun."),
        .init("--not-before", value: "TIME", "No row runs before this time, such as 2026-11-21T09:30:00Z."),
        .init("--deadline", value: "SECONDS", "Rows that have not run by then are given up."),
        .init("--keep-for", value: "SECONDS", "How long the results are kept after the end."),
        .init("--idempotency-key", value: "KEY", "The same key gives the same task again, and its upload goes on."),
    ]
    /// About how a table is written.
    private static let table: [CommandSyntax.Option] = [
        .init("--map", value: "INPUT=COLUMN", "The column that feeds an input; may be repeated."),
        .init("--delimiter", value: "D", "What stands between fields: , or ; or tab or |."),
        .init("--decimal", value: "D", "What stands before a fraction: . or ,."),
        .init(
            "--thousands", value: "D", "What stands between groups of digits: none, a comma, a point, space or '."),
        .init("--booleans", value: "YES,NO", "Your words for true and false, such as ja,nein."),
        .init(
            "--encoding", value: "NAME",
            "The character set: utf-8, windows-1252, utf-16le, or another that iconv knows."),
    ]

    static let all = task + table

    /// The options as a query.
    ///
    /// - Throws: `UsageError` for a value that cannot be meant, or an option that says nothing about such a file.
    static func query(_ arguments: Arguments, _ format: UploadSource.Format) throws -> QueryText {
        if format != .csv, let option = table.first(where: { arguments.has($0.name) }) {
            throw UsageError("\(option.name) is about tables; a file of \(format.rawValue) has none.")
        }
        var query = QueryText()
        query.add("model", arguments.value("--model"))
        query.add("model_version", arguments.value("--version"))
        query.add("name", arguments.value("--name"))
        for (name, value) in try arguments.pairs("--metadata") { query.add("metadata." + name, value) }
        query.add("priority", try arguments.choice("--priority", of: Priority.allCases.map(\.rawValue)))
        query.add("id_column", arguments.value("--id-column"))
        query.add("on_invalid", try arguments.choice("--on-invalid", of: ["reject", "record"]))
        query.add("keep_input", try arguments.choice("--keep-input", of: ["true", "false"]))
        query.add("not_before", arguments.value("--not-before"))
        query.add("deadline_in", try seconds("--deadline", arguments, upTo: Limits.deadline))
        query.add("keep_for", try seconds("--keep-for", arguments, upTo: Limits.keepFor))
        for (input, column) in try arguments.pairs("--map") { query.add("map." + input, column) }
        query.add("delimiter", try arguments.choice("--delimiter", of: ["auto", ",", ";", "tab", "|"]))
        query.add("decimal", try arguments.choice("--decimal", of: ["auto", ".", ","]))
        query.add("thousands", try arguments.choice("--thousands", of: ["auto", "none", ",", ".", "space", "'"]))
        query.add("booleans", arguments.value("--booleans"))
        query.add("encoding", arguments.value("--encoding"))
        return query
    }

    private static func seconds(_ option: String, _ arguments: Arguments, upTo limit: Duration) throws -> String? {
        try arguments.number(option, in: 0.001...limit.inSeconds).map { "\($0)" }
    }

    /// Lets a task that was opened earlier go on with the same options, or with none.
    ///
    /// - Parameter opened: the query that opened the task; nil where it is not remembered.
    /// - Throws: `UsageError` when something else is said about the task.
    static func requireSame(_ arguments: Arguments, _ query: QueryText, as opened: String?) throws {
        guard let option = all.first(where: { arguments.has($0.name) }) else { return }
        if let opened, query.isPart(of: opened) { return }
        throw UsageError(
            "--resume goes on with a task as it was opened; leave out \(option.name)"
                + (opened == nil ? "." : ", or say all options as they were."))
    }
}
