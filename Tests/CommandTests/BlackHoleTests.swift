import Foundation
import Glibc
import TestSupport
import Testing

/// A server whose network loses every packet: nothing says that it is gone, and whoever asks it waits.
///
/// They need networks of their own; where none can be made they are skipped.
@Suite(.serialized, .enabled(if: SmallNetwork.isPossible, "no network can be made here"))
struct BlackHoleTests {
    /// Reads of a task once ran on the threads that serve all connections: two of them stopped the whole API, and whoever
    /// watches over it would have killed it for a fault of the server's.
    @Test func `an API before a server that does not answer lives, says so, and goes on when it is back`() throws {
        let scene = try Scene()
        let id = try scene.submit()
        try scene.service.wait("the task to end") { try scene.ask("/predict/async/\(id)").body.contains("completed") }
        try scene.network.cut(0)
        // More than there are threads of either kind.
        let reads = try (0..<12).map { _ in try scene.begin("/predict/async/\(id)", seconds: 60) }
        let pages = try (0..<4).map { _ in try scene.begin("/predict/async?name=nobody", seconds: 60) }
        var slowest = 0.0
        var reasons: Set<String> = []
        let start = Date()
        while Date().timeIntervalSince(start) < 12 {
            let began = Date()
            #expect(try scene.ask("/live", seconds: 5).status == 200)
            slowest = max(slowest, Date().timeIntervalSince(began))
            let ready = try scene.ask("/ready", seconds: 5)
            #expect(ready.status == 503, "\(ready)")
            reasons.insert(ready.body)
        }
        #expect(slowest < 1, "\(slowest) s")
        #expect(reasons.contains { $0.contains("has not answered") }, "\(reasons)")
        for read in reads + pages { #expect(try scene.end(read).status == 503) }

        try scene.network.heal(0)
        let back = Date()
        try scene.service.wait("the API to accept again", for: 30) { try scene.ask("/ready", seconds: 5).status == 200 }
        let again = Date().timeIntervalSince(back)
        #expect(try scene.ask("/predict/async/\(id)").status == 200)
        let next = try scene.submit()
        try scene.service.wait("the next task to end") {
            try scene.ask("/predict/async/\(next)").body.contains("completed")
        }
        print("beside a black hole /live took \(slowest) s at most; it accepted \(again) s after the server was back")
        #expect(again < 15)
    }

    /// An API on a machine of its own, which the test asks from inside; a worker elsewhere, and a server at home.
    private final class Scene {
        let network: SmallNetwork
        let service: ServiceUnderTest
        private let server: PostgresServer
        private let url: String

        struct Answer {
            let status: Int
            let body: String
        }

        init() throws {
            network = try SmallNetwork(machines: 2)
            server = try PostgresServer(
                settings: ["listen_addresses=\(network.home)", "max_connections=300"], network: network.addresses)
            service = ServiceUnderTest(database: server.url(schema: "hole", at: network.home))
            let ready = service.folder.path + "/url"
            try service.start(
                "api", ["api", "--listen", "127.0.0.1:0", "--ready-file", ready], by: network.launcher(on: 0))
            try service.wait("the API to listen") {
                (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true
            }
            url = try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines)
            try service.start("worker", ["worker"], by: network.launcher(on: 1))
            try service.wait("the worker") { service.logText("worker").contains("worker ready") }
        }

        func submit() throws -> String {
            let body = #"{"model":"sentiment","text":"A very good watch."}"#
            let answer = try end(
                begin("/predict/async", seconds: 30, ["-H", "Content-Type: application/json", "-d", body]))
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any]
            return try #require(json?["task_id"] as? String ?? json?["id"] as? String, "\(answer)")
        }

        func ask(_ path: String, seconds: Int = 30) throws -> Answer { try end(begin(path, seconds: seconds)) }

        /// A request under way.
        struct Request {
            let process: Process
            let output: Pipe
        }

        func begin(_ path: String, seconds: Int, _ options: [String] = []) throws -> Request {
            let process = Process()
            let line = network.launcher(on: 0) + ["curl", "-s", "-m", "\(seconds)", "-w", "\n%{http_code}"] + options
            process.executableURL = URL(fileURLWithPath: line[0])
            process.arguments = Array(line.dropFirst()) + [url + path]
            let output = Pipe()
            process.standardOutput = output
            try process.run()
            return Request(process: process, output: output)
        }

        func end(_ request: Request) throws -> Answer {
            let text = String(decoding: request.output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            request.process.waitUntilExit()
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            return Answer(status: Int(lines.last ?? "") ?? 0, body: lines.dropLast().joined(separator: "\n"))
        }
    }
}
