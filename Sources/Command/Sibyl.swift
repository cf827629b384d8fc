internal import Core
internal import Glibc
internal import Operations

/// The program: finds the command, runs it, and turns what it throws into one line and an exit code.
@main
struct Sibyl {
    static func main() async {
        TerminationSignals.ignoreBrokenPipes()
        let words = Array(CommandLine.arguments.dropFirst())
        // Before anything that starts a thread: see `Confinement`.
        if words.first == TrialProcess.word { exit(TrialProcess.run(Array(words.dropFirst()))) }
        exit(await run(words))
    }

    private static let commands: [any Command] = [
        UpCommand(), APICommand(), WorkerCommand(), MigrateCommand(), SubmitCommand(), WaitCommand(), StatusCommand(),
        ResultsCommand(), CancelCommand(), DeleteCommand(), RerunCommand(), RetryCommand(), CompareCommand(),
        TasksCommand(), PredictCommand(), PauseCommand(), ResumeCommand(), DeadCommand(), RedriveCommand(),
        StrandedCommand(),
        BackupCommand(), RestoreCommand(), CheckCommand(), ModelsCommand(), DoctorCommand(), LiveCommand(),
    ]

    private static func run(_ words: [String]) async -> Int32 {
        do {
            return try await dispatch(words)
        } catch let error as UsageError {
            Console.writeError(error.message)
            return UsageError.exitCode
        } catch let error as ClientError {
            Console.writeError(error.message)
            return error.exitCode
        } catch {
            let coded = error as? any CodedError
            Console.writeError(coded?.message ?? "Something went wrong: \(error)")
            // What a person must change first; whoever supervises this process need not try again.
            return coded?.code == .configurationInvalid ? UsageError.exitCode : 1
        }
    }

    private static func dispatch(_ words: [String]) async throws -> Int32 {
        guard let name = words.first, name != "--help", name != "-h", name != "help" else {
            Console.write(help)
            return words.isEmpty ? UsageError.exitCode : 0
        }
        if name == "--version" {
            Console.write("sibyl \(Version.current)\n")
            return 0
        }
        guard let command = commands.first(where: { $0.syntax.name == name }) else {
            let nearest = EditDistance.nearest(to: name, among: commands.map(\.syntax.name))
            throw UsageError(
                "There is no command `\(name)`" + (nearest.map { "; did you mean `\($0)`?" } ?? ".")
                    + " `sibyl --help` lists them.")
        }
        let arguments = try command.syntax.parse(Array(words.dropFirst()))
        if arguments.has("--help") {
            Console.write(command.syntax.help)
            return 0
        }
        return try await command.run(arguments)
    }

    private static var help: String {
        let lines = commands.map { command in
            let name = command.syntax.name
            return "  \(name)\(String(repeating: " ", count: 10 - name.count))\(command.syntax.meaning)\n"
        }
        return "usage: sibyl COMMAND [options]\n\n\(lines.joined())\n`sibyl COMMAND --help` tells more.\n"
    }
}
