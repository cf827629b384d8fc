internal import Operations

/// One command of the program.
protocol Command: Sendable {
    var syntax: CommandSyntax { get }

    /// - Returns: the exit code.
    /// - Throws: what ends the command early; `UsageError` when a person must change what was typed.
    func run(_ arguments: Arguments) async throws -> Int32
}
