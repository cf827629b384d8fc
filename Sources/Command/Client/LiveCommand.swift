internal import Core
internal import HTTP
internal import Operations

/// `sibyl live`: asks a process whether it runs; for supervisors and images that have no other client.
struct LiveCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "live", "Asks an API, or a worker's own door, whether it runs.", options: ServiceClient.options,
            settings: ServiceClient.settings)
    }

    /// Who asks for health asks again soon, so an answer that takes longer is none.
    private static let patience = Duration.seconds(3)

    func run(_ arguments: Arguments) async throws -> Int32 {
        let bytes = try ServiceClient(arguments).send(.get, "/live", deadline: Self.patience).body
        guard try Answer.read(bytes).live else { throw ClientError.strangeAnswer }
        Console.write(arguments.has("--json") ? bytes + [UInt8(ascii: "\n")] : Array("live\n".utf8))
        return 0
    }

    private struct Answer: Decodable {
        var live: Bool
    }
}
