import Foundation
import Glibc
import TestSupport

/// A client command that runs beside the test, to be stopped, killed or interrupted in the middle.
final class ClientProcess {
    private let process = Process()
    private let output: String
    private let errors: String

    init(_ service: ServiceUnderTest, _ words: [String]) throws {
        let name = service.folder.path + "/client-\(UUID())"
        (output, errors) = (name + ".out", name + ".err")
        for path in [output, errors] { _ = FileManager.default.createFile(atPath: path, contents: nil) }
        process.executableURL = URL(fileURLWithPath: ServiceUnderTest.program)
        process.currentDirectoryURL = URL(fileURLWithPath: service.folder.path)
        process.arguments = words
        var environment = ProcessInfo.processInfo.environment
        environment["SIBYL_URL"] = service.url
        environment["XDG_STATE_HOME"] = service.folder.path
        process.environment = environment
        process.standardOutput = FileHandle(forWritingAtPath: output)
        process.standardError = FileHandle(forWritingAtPath: errors)
        try process.run()
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end, a bounded time.
    ///
    /// - Returns: the exit code; 128 and the signal's number for one that was killed.
    func end(_ service: ServiceUnderTest) throws -> Int32 {
        try service.wait("the client to end") { !process.isRunning }
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    var outputText: String { (try? String(contentsOfFile: output, encoding: .utf8)) ?? "" }
    var errorText: String { (try? String(contentsOfFile: errors, encoding: .utf8)) ?? "" }
}

extension ServiceUnderTest {
    /// Writes a table of customers whose ids are their row numbers.
    func customers(_ rows: Int, named name: String = "customers.csv") throws -> String {
        let text = "id,recency,frequency,spend,age\r\n" + (0..<rows).map { "\($0)\(Self.endings[$0 % 50])" }.joined()
        let path = folder.path + "/" + name
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    /// What follows a customer's id.
    private static let endings = (0..<50).map { ",\($0),\($0 % 20 + 1),\($0 * 20).5,\($0 + 2)\r\n" }

    /// Waits until a client's task has stored rows, and holds the client still there.
    ///
    /// - Returns: the task's id; its input is not whole.
    func heldUpload(of client: ClientProcess) throws -> String {
        var id = ""
        try wait("rows to be stored") {
            id = client.outputText.trimmingCharacters(in: .newlines)
            guard id.count == 36 else { return false }
            return try input(of: id, "bytes") as? Int ?? 0 > 0
        }
        client.signal(SIGSTOP)
        guard try input(of: id, "state") as? String == "receiving" else {
            throw Failure(description: "the upload was whole before it could be held")
        }
        return id
    }

    private func input(of id: String, _ member: String) throws -> Any? {
        (try get("/predict/async/\(id)").json["input"] as? [String: Any])?[member]
    }

    func text(of name: String) throws -> String {
        try String(contentsOfFile: folder.path + "/" + name, encoding: .utf8)
    }
}
