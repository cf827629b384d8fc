internal import Operations

/// What a person says about the results that are wanted, and how the service is told.
enum ResultOptions {
    static let shape: [CommandSyntax.Option] = [
        .init("--fields", value: "A,B", "Only these columns of the prediction, such as prediction,score."),
        .init("--threshold", value: "X", "The score from which on the prediction is the positive label, 0 to 1."),
        .init("--prefix", value: "TEXT", "What stands before the names of columns that are added to your own."),
    ]

    /// Adds what is said about the columns to a query.
    static func addShape(_ arguments: Arguments, to query: inout QueryText) throws {
        query.add("fields", arguments.value("--fields"))
        query.add("threshold", try arguments.number("--threshold", in: 0...1).map { "\($0)" })
        query.add("prefix", arguments.value("--prefix"))
    }

    /// The format that a file's ending asks for.
    static func format(ofFile path: String) throws -> UploadSource.Format {
        guard let ending = path.split(separator: ".").last, path.contains("."),
            let format = UploadSource.Format(ending: ending), format != .json
        else { throw UsageError("A file of results ends in .csv, .ndjson or .jsonl.") }
        return format
    }
}
