internal import Core
internal import HTTP
internal import Operations

/// `sibyl rerun`: all rows of a task once more, such as with another version.
struct RerunCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "rerun", "Runs a task's rows again, in a new task; prints its id.", operands: ["ID|@last"],
            options: [
                .init("--version", value: "NAME", "A version of the model, in place of the default one."),
                .init("--name", value: "TEXT", "A name for the new task; without it, the old one's."),
            ] + Repetition.options + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        var query = QueryText()
        query.add("model_version", arguments.value("--version"))
        query.add("name", arguments.value("--name"))
        return try Repetition(verb: "rerun", query: query).run(arguments)
    }
}

/// `sibyl retry`: the rows of a task that were right and failed all the same, once more.
struct RetryCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "retry", "Runs a task's failed rows again, in a new task; prints its id.", operands: ["ID|@last"],
            options: Repetition.options + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        try Repetition(verb: "retry", query: QueryText()).run(arguments)
    }
}

/// A task made of another one's rows.
struct Repetition {
    /// The last part of the route.
    let verb: String
    let query: QueryText

    static let options: [CommandSyntax.Option] = [
        .init("--wait", "Waits for the new task's end."),
        .init("--timeout", value: "SECONDS", "Waits no longer than this; then the exit code is 124."),
    ]

    func run(_ arguments: Arguments) throws -> Int32 {
        let client = try ServiceClient(arguments)
        let limit = WaitLimit(seconds: try arguments.number("--timeout", in: 0...1_000_000))
        let parent = TaskPath(id: try LastTask.id(arguments))
        // The service reads the rows before it answers, and there may be many.
        let answer = try client.send(.post, "\(parent.task)/\(verb)\(query.text)", deadline: nil)
        let path = TaskPath(id: try TaskAnswer.read(answer.body).id)
        LastTask.remember(path.id)
        let asJSON = arguments.has("--json")
        if !asJSON { Console.write("\(path.id)\n") }
        guard arguments.has("--wait") || arguments.has("--timeout") else {
            if asJSON { Console.write(answer.body + [UInt8(ascii: "\n")]) }
            return 0
        }
        Interruption.watch()
        let (task, json) = try TaskWait(client: client, path: path, limit: limit).run()
        if asJSON { Console.write(json + [UInt8(ascii: "\n")]) } else { task.tellFailures() }
        return task.exitCode
    }
}
