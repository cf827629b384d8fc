import Core
import Foundation
import Store
import Synchronization

/// A PostgreSQL server of this test process's own, in a temporary folder, reached by a socket in it.
///
/// It ends with the test process, however that ends.
package final class PostgresServer: Sendable {
    /// The server that tests of one process share, each with a schema of its own; it does not wait for the disk.
    package static let shared = Result { try PostgresServer(settings: ["fsync=off", "max_connections=1500"]) }

    private static let programs = "/usr/lib/postgresql/15/bin/"

    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let folder: TemporaryFolder
    private let words: [String]
    private let supervisor = Mutex<Supervisor?>(nil)

    private struct Supervisor: @unchecked Sendable {  // @unchecked because it is only held and ended
        let process: Process
        let lifeline: Pipe
    }

    private var data: String { folder.path + "/data" }
    // The server refuses to run as root.
    private static let asUser =
        getuid() == 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []

    /// - Parameters:
    ///   - settings: as `name=value`.
    ///   - network: addresses that may log in, such as `10.0.0.0/24`; nil for the socket in its folder alone.
    package init(settings: [String] = [], network: String? = nil) throws {
        folder = TemporaryFolder()
        let data = folder.path + "/data"
        if getuid() == 0 { try Self.run(["chown", "postgres", folder.path]) }
        try Self.run(Self.asUser + [Self.programs + "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N"])
        if let network {
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: data + "/pg_hba.conf"))
            try file.seekToEnd()
            try file.write(contentsOf: Data("host all all \(network) trust\n".utf8))
            try file.close()
        }
        words =
            Self.asUser + [Self.programs + "postgres", "-D", data, "-k", folder.path, "-c", "listen_addresses="]
            + settings.flatMap { ["-c", $0] }
        try restart()
    }

    deinit { try? supervisor.withLock { $0 }?.lifeline.fileHandleForWriting.close() }

    /// Starts the server, on what it had stored when it was killed, and waits until it answers.
    package func restart() throws {
        let process = Process()
        let lifeline = Pipe()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        // When this process ends, however, its end of the pipe closes and the server is told.
        process.arguments =
            ["-c", "\"$@\" >>\"$0/log\" 2>&1 </dev/null & read line; kill -QUIT $!", folder.path] + words
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        supervisor.withLock { $0 = Supervisor(process: process, lifeline: lifeline) }
        for _ in 0..<1_000 {
            let isReady = try? Self.run([Self.programs + "pg_isready", "-q", "-h", folder.path])
            if isReady != nil { return }
            usleep(20_000)
        }
        throw Failure(description: "the server did not start: \(log)")
    }

    /// Kills the server as a crash does, and waits until nothing of it runs.
    package func kill() throws {
        let text = try String(contentsOfFile: data + "/postmaster.pid", encoding: .utf8)
        guard let leader = text.split(separator: "\n").first.flatMap({ Int32($0) }) else {
            throw Failure(description: "the server does not run")
        }
        Foundation.kill(leader, SIGKILL)
        let over = Date(timeIntervalSinceNow: 10)
        while !processes.isEmpty {
            guard Date() < over else { throw Failure(description: "\(processes) do not end") }
            usleep(2_000)
        }
        // A process that ended and was not asked after looks alive to the next one that reads its number here.
        for note in [data + "/postmaster.pid", folder.path + "/.s.PGSQL.5432.lock"] { unlink(note) }
        supervisor.withLock { held in
            // try? because closing it twice would do no harm.
            try? held?.lifeline.fileHandleForWriting.close()
            // It has nothing left to look after.
            if let process = held?.process { Foundation.kill(process.processIdentifier, SIGKILL) }
            held = nil
        }
    }

    /// The server's processes: those whose folder is its data.
    private var processes: [Int32] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { Int32($0) }.filter { process in
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/cwd")) == data
        }
    }

    /// Asks the server a question of the test's own.
    ///
    /// - Returns: the fields of its rows, divided by `|`, a row a line.
    @discardableResult
    package func ask(_ sql: String) throws -> String {
        try Self.run([Self.programs + "psql", "-h", folder.path, "-U", "postgres", "-AtqX", "-c", sql, "postgres"])
    }

    package var log: String { (try? String(contentsOfFile: folder.path + "/log", encoding: .utf8)) ?? "" }

    /// Where a schema of this server is.
    package func url(schema: String) -> String {
        "postgresql:///postgres?host=\(folder.path)&user=postgres&options=-csearch_path%3D\(schema)"
    }

    /// The same by way of an address at which the server listens.
    package func url(schema: String, at address: String) -> String {
        "postgresql://postgres@\(address)/postgres?options=-csearch_path%3D\(schema)"
    }

    /// Where a schema is that nobody has used.
    package func newURL() -> String { url(schema: "t" + UUID().uuidString.lowercased().filter { $0 != "-" }) }

    /// - Returns: what the program wrote, without the last line's end.
    @discardableResult
    private static func run(_ words: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = words
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let answer = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let text = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw Failure(description: "\(words.joined(separator: " ")): \(text)")
        }
        return answer.trimmingCharacters(in: .newlines)
    }
}
