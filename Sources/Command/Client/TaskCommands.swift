internal import Core
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
        let id = try LastTask.id(arguments)
        let limit = try arguments.integer("--timeout", in: 0...1_000_000).map { Duration.seconds($0) }
        let ended = try TaskWait(client: client, id: id, limit: limit).run()
        if arguments.has("--json") {
            Console.write(try client.get("/predict/async/\(id)") + [UInt8(ascii: "\n")])
        } else {
            Console.write("\(ended.status)\n")
        }
        return ended.exitCode
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
        let client = try ServiceClient(arguments)
        let bytes = try client.get("/predict/async/\(try LastTask.id(arguments))")
        let task = try TaskAnswer(bytes)
        Console.write(arguments.has("--json") ? bytes + [UInt8(ascii: "\n")] : Array(task.summary.utf8))
        return task.exitCode
    }
}
