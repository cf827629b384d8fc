internal import Core
internal import Foundation
internal import Glibc
internal import Operations
internal import Queue
internal import Store

/// `sibyl migrate`: creates the schema, or brings it up to date; with two places, moves one into the other.
struct MigrateCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "migrate", "Creates or upgrades the database's schema, or moves all to another database.",
            options: [
                .init("--status", "Only tells which version the schema has."),
                .init(
                    "--from", value: "PLACE",
                    "Moves from this SQLite file (sqlite:PATH) or server (postgres://…); its processes must be stopped."
                ),
                .init("--to", value: "PLACE", "Moves to this one, which is empty; a move that was killed goes on."),
                .init("--abandon", "Gives an unfinished move up: the source is served again."),
            ], settings: [Setting.database])
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "migrate")
        if ["--from", "--to", "--abandon"].contains(where: arguments.has) { return try move(arguments, environment) }
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

    // MARK: Moving

    private func move(_ arguments: Arguments, _ environment: ServiceEnvironment) throws -> Int32 {
        guard let from = arguments.value("--from").map(Self.place), let to = arguments.value("--to").map(Self.place)
        else {
            throw UsageError("A move needs both --from and --to.")
        }
        // Opening would make it.
        if !Database.isServer(from), access(DatabaseFiles(path: from).path, F_OK) != 0 {
            throw UsageError("There is no database at \(from); name it with --from.")
        }
        if Database.isServer(from) == Database.isServer(to) { throw MoveError.sameEngine }
        let target = try Database(path: to)
        let move = Move(
            from: try Database(path: from), to: target, clock: environment.clock, newID: { environment.boot })
        if arguments.has("--abandon") {
            try move.abandon()
            Console.write("the move is given up; the source can be served again\n")
            return 0
        }
        let tasks = try move.run { if Console.isWatched { Console.writeProgress(Self.words(for: $0)) } }
        if Console.isWatched { Console.writeProgress("") }
        Console.write("\(tasks) tasks moved to \(target.name); start with --database there\n")
        return 0
    }

    private static func place(_ text: String) -> String {
        text.hasPrefix("sqlite:") ? String(text.dropFirst("sqlite:".count)) : text
    }

    private static func words(for step: Move.Step) -> String {
        switch step {
        case .looking(let part): "looking at \(part)"
        case .copying(let table, let rows): "copying \(table), \(rows) rows"
        case .comparing(let part): "comparing \(part)"
        }
    }
}
