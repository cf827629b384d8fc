import Core
import Foundation
import Store

/// A PostgreSQL server of this test process's own, in a temporary folder, reached by a socket in it.
///
/// It ends with the test process, however that ends.
package final class PostgresServer: Sendable {
    /// The server that tests of one process share, each with a schema of its own; it does not wait for the disk.
    package static let shared = Result { try PostgresServer(settings: ["fsync=off", "max_connections=400"]) }

    private static let programs = "/usr/lib/postgresql/15/bin/"

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let folder: TemporaryFolder
    private let supervisor: Supervisor

    private struct Supervisor: @unchecked Sendable {  // @unchecked because it is only held and ended
        let process: Process
        let lifeline: Pipe
    }

    /// - Parameter settings: as `name=value`.
    package init(settings: [String] = []) throws {
        folder = TemporaryFolder()
        let data = folder.path + "/data"
        // The server refuses to run as root.
        let asUser = getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
        if getuid() == 0 { try Self.run(["chown", "postgres", folder.path]) }
        try Self.run(asUser + [Self.programs + "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"])
        let process = Process()
        let lifeline = Pipe()
        let server =
            asUser + [Self.programs + "postgres", "-D", data, "-k", folder.path, "-c", "listen_addresses="]
            + settings.flatMap { ["-c", $0] }
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // When this process ends, however, its end of the pipe closes and the server is told.
        process.arguments =
            ["-c", "\"$@\" >\"$0/log\" 2>&1 </dev/null & read line; kill -QUIT $!; wait", folder.path] + server
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        supervisor = Supervisor(process: process, lifeline: lifeline)
        for _ in 0..<500 {
            let isReady = try? Self.run([Self.programs + "pg_isready", "-q", "-h", folder.path])
            if isReady != nil { return }
            usleep(20_000)
        }
        throw Failure(description: "the server did not start: \(log)")
    }

    deinit { try? supervisor.lifeline.fileHandleForWriting.close() }

    package var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    /// Where a schema of this server is.
    package func url(schema: String) -> String {
        "postgresql:///postgres?host=\(folder.path)&user=postgres&options=-csearch_path%3D\(schema)"
    }

    /// Where a schema is that nobody has used.
    package func newURL() -> String { url(schema: "t" + UUID().uuidString.lowercased().filter { $0 != "-" }) }

    @discardableResult
    private static func run(_ words: [String]) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(words.joined(separator: " ")): \(text)")
        }
        return 0
    }
}
