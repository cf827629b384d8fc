internal import Core
internal import Operations

/// `sibyl tasks`: the newest tasks.
struct TasksCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "tasks", "Lists tasks, newest first.",
            options: [
                .init("--status", value: "STATUS", "Only those of a status, such as processing."),
                .init("--model", value: "NAME", "Only those of a model."),
                .init("--name", value: "TEXT", "Only those of a name."),
                .init("--limit", value: "N", "At most so many, up to \(Limits.pageTasks)."),
            ] + ServiceClient.options, settings: ServiceClient.settings)
    }

    /// The list as the service answers it.
    private struct Answer: Decodable {
        var tasks: [TaskAnswer]
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let limit = try arguments.integer("--limit", in: 1...Limits.pageTasks) ?? Limits.defaultPageTasks
        var query = QueryText()
        query.add("limit", "\(limit)")
        for name in ["status", "model", "name"] { query.add(name, arguments.value("--\(name)")) }
        let bytes = try ServiceClient(arguments).get("/predict/async" + query.text)
        if arguments.has("--json") {
            Console.write(bytes + [UInt8(ascii: "\n")])
            return 0
        }
        for task in try Answer.read(bytes).tasks { Console.write(task.line) }
        return 0
    }
}

extension TaskAnswer {
    /// The task on a line of its own, in columns.
    fileprivate var line: String {
        "\(id)\t\(created_at)\t\(status)\t\(model) \(model_version)\t\(done)/\(rows.total)\t\(name ?? "")\n"
    }
}
