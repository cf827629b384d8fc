internal import Core
internal import HTTP
internal import Operations

/// `sibyl pause`: lets no row of a model run until it is resumed.
struct PauseCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "pause",
            "Lets nothing run, of a model or of all, until `sibyl resume`; submissions are accepted meanwhile.",
            operands: ["[MODEL]"], options: ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 { try Standstill(verb: "pause").run(arguments) }
}

/// `sibyl resume`: lets rows of a model run again.
struct ResumeCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "resume", "Lets rows run again, of a model or of all.", operands: ["[MODEL]"],
            options: ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 { try Standstill(verb: "resume").run(arguments) }
}

/// Changes which models may run, and tells which may not.
private struct Standstill {
    let verb: String

    private struct Answer: Decodable {
        var all_paused: Bool
        var paused: [String]
        var failing: [String]
    }

    func run(_ arguments: Arguments) throws -> Int32 {
        let body = JSONWriter.write { json in
            json.object { json in if let model = arguments.operands.first { json.member("model", model) } }
        }
        let bytes = try ServiceClient(arguments).post("/admin/queue/\(verb)", json: body)
        if arguments.has("--json") {
            Console.write(bytes + [UInt8(ascii: "\n")])
            return 0
        }
        let answer = try Answer.read(bytes)
        let paused = answer.all_paused ? "all models" : answer.paused.joined(separator: ", ")
        Console.write("paused: \(paused.isEmpty ? "none" : paused)\n")
        if !answer.failing.isEmpty { Console.write("failing: \(answer.failing.joined(separator: ", "))\n") }
        return 0
    }
}

/// `sibyl dead`: tasks with rows that were right and failed for good.
struct DeadCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "dead", "Lists tasks with rows that were right and failed for good.", options: ServiceClient.options,
            settings: ServiceClient.settings)
    }

    private struct Answer: Decodable {
        struct Entry: Decodable {
            var id: String
            var name: String?
            var model: String
            var model_version: String
            var dead_rows: Int
            var completed_at: String?
        }

        var tasks: [Entry]
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let bytes = try ServiceClient(arguments).get("/admin/dead?limit=\(Limits.pageTasks)")
        if arguments.has("--json") {
            Console.write(bytes + [UInt8(ascii: "\n")])
            return 0
        }
        for task in try Answer.read(bytes).tasks {
            Console.write(
                "\(task.id)\t\(task.completed_at ?? "")\t\(task.model) \(task.model_version)\t\(task.dead_rows) rows\t"
                    + "\(task.name ?? "")\n")
        }
        return 0
    }
}

/// `sibyl redrive`: runs dead rows again.
struct RedriveCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "redrive", "Runs rows again that failed for good: of one task, of a model, or all.",
            operands: ["[ID|@last]"],
            options: [.init("--model", value: "NAME", "Only rows of this model.")] + ServiceClient.options,
            settings: ServiceClient.settings)
    }

    private struct Answer: Decodable {
        struct Made: Decodable {
            var from: String
            var id: String
            var rows: Int
        }
        struct Refused: Decodable {
            var id: String
            var message: String
        }

        var redriven: [Made]
        var refused: [Refused]
        var more: Bool
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let id = arguments.operands.isEmpty ? nil : try LastTask.id(arguments)
        let body = JSONWriter.write { json in
            json.object { json in
                if let id { json.member("task", id) }
                if let model = arguments.value("--model") { json.member("model", model) }
            }
        }
        let bytes = try ServiceClient(arguments).post("/admin/redrive", json: body)
        if arguments.has("--json") {
            Console.write(bytes + [UInt8(ascii: "\n")])
            return 0
        }
        let answer = try Answer.read(bytes)
        for made in answer.redriven { Console.write("\(made.id)\t\(made.rows) rows of \(made.from)\n") }
        for refused in answer.refused { Console.writeError("\(refused.id): \(refused.message)") }
        if answer.more { Console.writeError("More are left; run the command again.") }
        return answer.refused.isEmpty ? 0 : 2
    }
}
