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
        var next_cursor: String?
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let limit = try arguments.integer("--limit", in: 1...Limits.pageTasks) ?? Limits.defaultPageTasks
        let client = try ServiceClient(arguments)
        var left = limit
        var cursor: String?
        // A page that a filter left short has a cursor: the list goes on behind what the service has looked at.
        repeat {
            let bytes = try client.get("/predict/async" + query(arguments, limit: left, cursor))
            if arguments.has("--json") {
                Console.write(bytes + [UInt8(ascii: "\n")])
                return 0
            }
            let answer = try Answer.read(bytes)
            for task in answer.tasks.prefix(left) { Console.write(task.line) }
            left -= answer.tasks.count
            cursor = answer.next_cursor
        } while left > 0 && cursor != nil
        return 0
    }

    private func query(_ arguments: Arguments, limit: Int, _ cursor: String?) -> String {
        var query = QueryText()
        query.add("limit", "\(limit)")
        for name in ["status", "model", "name"] { query.add(name, arguments.value("--\(name)")) }
        query.add("cursor", cursor)
        return query.text
    }
}

extension TaskAnswer {
    /// The task on a line of its own, in columns.
    fileprivate var line: String {
        "\(id)\t\(created_at)\t\(status)\t\(model) \(model_version)\t\(done)/\(rows.total)\t\(name ?? "")\t\(waiting_for?.code ?? "")\n"
    }
}
