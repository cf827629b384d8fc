internal import Core
internal import Foundation
internal import Glibc
internal import Operations

/// Remembers the task that was submitted last from this account, so that `@last` names it.
enum LastTask {
    private static var file: URL {
        let environment = ProcessInfo.processInfo.environment
        let state =
            environment["XDG_STATE_HOME"].map { URL(fileURLWithPath: $0) }
            ?? FileManager.default.homeDirectoryForCurrentUser.appendingPathComponent(".local/state")
        return state.appendingPathComponent("sibyl/last")
    }

    /// Remembers an id, and what its task was opened with.
    ///
    /// A convenience: where it cannot be kept, the id itself still works.
    static func remember(_ id: String, query: String? = nil) {
        try? FileManager.default.createDirectory(  // try? because of that
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let part = file.path + ".\(getpid())"
        guard let descriptor = OpenFile.makePrivate(part) else { return }
        let error = OpenFile.write(
            Array(([id] + [query].compactMap(\.self)).map { $0 + "\n" }.joined().utf8), to: descriptor)
        close(descriptor)
        if error != nil || rename(part, file.path) != 0 { unlink(part) }
    }

    private static func lines() -> [String] {
        // try? because nothing may have been submitted yet
        let text = try? String(contentsOf: file, encoding: .utf8)
        return (text ?? "").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private static func read() -> String? { lines().first }

    /// The query that a task was opened with; nil unless it is the one that was submitted last.
    static func query(of id: String) -> String? {
        let lines = lines()
        return lines.count > 2 && lines[0] == id ? lines[1] : nil
    }

    /// The id of the task that a command is about.
    ///
    /// - Throws: `UsageError` when none is named, or it cannot be one.
    static func id(_ arguments: Arguments) throws -> String {
        guard let operand = arguments.operands.first else { throw UsageError("Name a task by its id, or by @last.") }
        return try id(named: operand)
    }

    /// The id that a word means.
    ///
    /// - Throws: `UsageError` when it cannot be one.
    static func id(named word: String) throws -> String {
        guard let text = word == "@last" ? read() : word else {
            throw UsageError("No task was submitted from this account yet.")
        }
        guard let id = TaskID(text.trimmingCharacters(in: .whitespacesAndNewlines)) else {
            throw UsageError("That is no task's id.")
        }
        return id.description
    }
}
