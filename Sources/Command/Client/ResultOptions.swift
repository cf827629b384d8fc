internal import Operations

/// What a person says about the results that are wanted, and how the service is told.
enum ResultOptions {
    static let shape: [CommandSyntax.Option] = [
        .init("--fields", value: "A,B", "Only these columns of the prediction, such as prediction,score."),
        .init("--threshold", value: "X", "The score from which on the prediction is the positive label, 0 to 1."),
        .init("--prefix", value: "TEXT", "What stands before the names of columns that are added to your own."),
        .init("--force", "Replaces the file that --out names, if it is there."),
    ]

    /// Adds what is said about the columns to a query.
    ///
    /// - Parameter hasPrefix: whether the prefix is among it, which only a table of the caller's own has.
    static func addShape(_ arguments: Arguments, to query: inout QueryText, hasPrefix: Bool = true) throws {
        query.add("fields", arguments.value("--fields"))
        query.add("threshold", try arguments.number("--threshold", in: 0...1).map { "\($0)" })
        if hasPrefix { query.add("prefix", arguments.value("--prefix")) }
    }

    /// Of how a table of its own is written, as another country's spreadsheet program wants it.
    static let dialect: [CommandSyntax.Option] = [
        .init("--delimiter", value: "D", "Of a CSV without --join: , or ; or tab or |."),
        .init("--decimal", value: "D", "Of a CSV without --join: . or , (then ; parts the fields)."),
        .init("--encoding", value: "NAME", "Of a CSV without --join: utf-8, utf-16 or another character set."),
        bom,
    ]
    /// For any table.
    static let bom = CommandSyntax.Option("--bom", "Begins a CSV in UTF-8 with a byte order mark, for Excel.")

    /// - Parameters:
    ///   - isTable: whether the results come as CSV.
    ///   - isJoined: whether they come in the caller's own table, which stays as it was written.
    /// - Throws: `UsageError` for an option that means nothing there.
    static func addDialect(_ arguments: Arguments, isTable: Bool, isJoined: Bool, to query: inout QueryText) throws {
        if !isTable || isJoined, let option = dialect.dropLast().first(where: { arguments.has($0.name) }) {
            throw UsageError("\(option.name) is about a CSV of its own: use it with --format csv and without --join.")
        }
        if !isTable, arguments.has(bom.name) {
            throw UsageError("--bom is about CSV: use it with --format csv or --join.")
        }
        query.add("delimiter", arguments.value("--delimiter"))
        query.add("decimal", arguments.value("--decimal"))
        query.add("encoding", arguments.value("--encoding"))
        if arguments.has(bom.name) { query.add("bom", "true") }
    }

    /// - Throws: `UsageError` for a prefix where no columns are added.
    static func checkPrefix(_ arguments: Arguments, isJoined: Bool) throws {
        if !isJoined, arguments.has("--prefix") {
            throw UsageError("--prefix is about columns that are added to your own table; leave it out.")
        }
    }

    /// The format that a file's ending asks for.
    static func format(ofFile path: String) throws -> UploadSource.Format {
        guard let ending = path.split(separator: ".").last, path.contains("."),
            let format = UploadSource.Format(ending: ending), format != .json
        else { throw UsageError("A file of results ends in .csv, .ndjson or .jsonl.") }
        return format
    }
}
