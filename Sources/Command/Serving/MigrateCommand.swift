internal import Operations
internal import Store

/// `sibyl migrate`: creates the schema, or brings it up to date.
struct MigrateCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "migrate", "Creates or upgrades the database's schema.",
            options: [.init("--status", "Only tells which version the schema has.")], settings: [Setting.database])
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "migrate")
        let database = try Database(path: environment.settings[.database]!)
        if arguments.has("--status") {
            Console.write("schema \(try database.schemaVersion())\n")
            try database.checkSchema()
            return 0
        }
        let done = try database.migrate()
        Console.write(done.isEmpty ? "nothing to do\n" : "schema \(done.last!)\n")
        return 0
    }
}
