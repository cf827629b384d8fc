import Foundation

/// Runs programs of the system, as a test sets up a disk or a network.
enum SystemProgram {
    static func run(_ words: String...) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        if process.terminationStatus != 0 {
            throw ServiceUnderTest.Failure(description: "\(words.joined(separator: " ")) failed")
        }
    }
}
