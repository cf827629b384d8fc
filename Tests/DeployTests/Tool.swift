import Foundation
import TestSupport

/// Runs programs of this machine, and ours.
enum Tool {
    struct Outcome {
        let code: Int32
        /// What came on both standard output and standard error.
        let text: String
    }

    /// Where the release build lies.
    static let program = PackageFiles.path(".build/release/sibyl")

    /// Runs a program to its end, in the root of the package.
    static func run(_ words: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.currentDirectoryURL = URL(fileURLWithPath: PackageFiles.root)
        process.arguments = words
        process.environment = ProcessInfo.processInfo.environment.merging(["LC_ALL": "C.UTF-8"]) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return Outcome(code: process.terminationStatus, text: String(decoding: bytes, as: UTF8.self))
    }

    /// Whether a command with these words can be run here at all.
    static func works(_ words: [String]) -> Bool {
        (try? run(words))?.code == 0  // try? because a program that is not there does not work
    }
}

/// What the program says of itself.
enum ProgramHelp {
    /// The names of all commands.
    static func commands() throws -> Set<String> {
        let lines = try Tool.run([Tool.program, "help"]).text.split(separator: "\n").filter { $0.hasPrefix("  ") }
        return Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    /// What is wrong with the words after `sibyl`; nil for nothing.
    static func fault(of words: [String]) throws -> String? {
        guard let name = words.first, try commands().contains(name) else { return "no such command: \(words)" }
        let help = try Tool.run([Tool.program, name, "--help"]).text
        let options = words.filter { $0.hasPrefix("--") }.map { $0.prefix { $0 != "=" } }
        let unknown = options.filter { !help.contains("  \($0) ") }
        return unknown.isEmpty ? nil : "`sibyl \(name)` has no \(unknown)"
    }
}
