internal import Core
internal import Foundation
internal import Glibc
internal import HTTP
internal import Operations

/// `sibyl submit`: hands a file over and prints the task's id.
struct SubmitCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "submit", "Submits a CSV, NDJSON or JSON file; prints the task's id.", operands: ["FILE|-"],
            options: [
                .init("--model", value: "NAME", "The model that scores the rows."),
                .init("--version", value: "NAME", "A version of it, in place of the default one."),
                .init("--format", value: "FORMAT", "csv, ndjson or json; without it, by the file's ending."),
                .init("--name", value: "TEXT", "A name for the task, such as a campaign's."),
                .init("--priority", value: "P", "high, normal or low."),
                .init("--id-column", value: "NAME", "The column that holds your own id of a row."),
                .init("--wait", "Waits for the end, also when no one watches."),
            ] + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard let file = arguments.operands.first else { throw UsageError("Name a file, or - for standard input.") }
        let client = try ServiceClient(arguments)
        let source = try UploadSource(file, format: arguments.value("--format"))
        defer { source.close() }
        let bytes = try client.upload(
            "/predict/async" + Self.query(arguments), type: source.type, file: source.descriptor, length: source.length
        ) { sent in
            if Console.isWatched { Console.writeProgress(source.progress(sent)) }
        }
        if Console.isWatched { Console.writeProgress("") }
        let task = try TaskAnswer(bytes)
        LastTask.remember(task.id)
        Console.write(arguments.has("--json") ? bytes + [UInt8(ascii: "\n")] : Array("\(task.id)\n".utf8))
        guard arguments.has("--wait") || Console.isWatched else { return 0 }
        let ended = try TaskWait(client: client, id: task.id, limit: nil).run()
        if Console.isWatched { Console.writeError(ended.summary) }
        return ended.exitCode
    }

    private static func query(_ arguments: Arguments) -> String {
        let items = [
            ("model", "--model"), ("model_version", "--version"), ("name", "--name"), ("priority", "--priority"),
            ("id_column", "--id-column"),
        ]
        let given = items.compactMap { name, option in
            arguments.value(option).map { "\(name)=\(PercentEncoding.encode($0))" }
        }
        return given.isEmpty ? "" : "?" + given.joined(separator: "&")
    }
}

/// A file on its way to the service.
struct UploadSource {
    let descriptor: Int32
    /// The bytes; nil for a pipe.
    let length: Int?
    /// The media type.
    let type: String

    private static let types = [
        "csv": "text/csv", "ndjson": "application/x-ndjson", "jsonl": "application/x-ndjson",
        "json": "application/json",
    ]

    init(_ path: String, format: String?) throws {
        let ending = path.split(separator: ".").last.map { $0.lowercased() } ?? ""
        guard let type = Self.types[format ?? ending] else {
            throw UsageError("Say with --format whether the rows are csv, ndjson or json.")
        }
        self.type = type
        descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw UsageError("The file cannot be opened (\(String(cString: strerror(errno)))).") }
        var status = stat()
        let isPlain = fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        length = isPlain ? Int(status.st_size) : nil
    }

    func close() { if descriptor != STDIN_FILENO { Glibc.close(descriptor) } }

    func progress(_ sent: Int) -> String {
        "sending \(sent >> 10) kB" + (length.map { " of \($0 >> 10)" } ?? "")
    }
}
