internal import Core
internal import HTTP
internal import Operations

/// `sibyl wait`: waits for a task to end; the exit code tells how it ended.
struct WaitCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "wait", "Waits for a task to end.", operands: ["ID|@last"],
            options: [.init("--timeout", value: "SECONDS", "Gives up after this long, with exit code 124.")]
                + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let client = try ServiceClient(arguments)
        let path = TaskPath(id: try LastTask.id(arguments))
        let limit = WaitLimit(seconds: try arguments.number("--timeout", in: 0...1_000_000))
        Interruption.watch()
        let (task, json) = try TaskWait(client: client, path: path, limit: limit).run()
        Console.write(arguments.has("--json") ? json + [UInt8(ascii: "\n")] : Array("\(task.status)\n".utf8))
        if !arguments.has("--json") { task.tellFailures() }
        return task.exitCode
    }
}

/// `sibyl status`: how a task stands.
struct StatusCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "status", "Tells how a task stands.", operands: ["ID|@last"], options: ServiceClient.options,
            settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let bytes = try ServiceClient(arguments).get(TaskPath(id: try LastTask.id(arguments)).task)
        let task = try TaskAnswer.read(bytes)
        Console.write(arguments.has("--json") ? bytes + [UInt8(ascii: "\n")] : Array(task.summary.utf8))
        return task.exitCode
    }
}

/// `sibyl cancel`: stops a task; what is scored stays.
struct CancelCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "cancel", "Stops a task; what is scored stays.", operands: ["ID|@last"], options: ServiceClient.options,
            settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let path = TaskPath(id: try LastTask.id(arguments))
        let bytes = try ServiceClient(arguments).send(.post, path.task + "/cancel").body
        Console.write(
            arguments.has("--json")
                ? bytes + [UInt8(ascii: "\n")] : Array("\(try TaskAnswer.read(bytes).status)\n".utf8))
        return 0
    }
}

/// `sibyl delete`: stops a task, and removes its rows and results for good.
struct DeleteCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "delete", "Removes a task's rows and results for good.", operands: ["ID"],
            options: ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        // Nothing comes back from this: the task is named in full.
        guard let name = arguments.operands.first, name != "@last" else { throw UsageError("Name a task by its id.") }
        try ServiceClient(arguments).send(.delete, TaskPath(id: try LastTask.id(named: name)).task)
        return 0
    }
}
