import Core
import Foundation
import HTTP
import TestSupport
import Testing

/// `docs/api.md` against the running service: what is there is told there.
@Suite(.serialized, .sharedService) struct APIPapersTests {
    private static var paper: String {
        get throws { try String(contentsOfFile: ServiceUnderTest.root + "/docs/api.md", encoding: .utf8) }
    }

    private var routes: [(method: HTTPMethod, pattern: String)] {
        get throws {
            let listed = try SharedService.service.get("/").json["routes"] as? [String] ?? []
            return try listed.map { line in
                let parts = line.split(separator: " ")
                return (try #require(HTTPMethod(rawValue: String(parts[0]))), String(parts[1]))
            }
        }
    }

    @Test func `every route is named`() throws {
        let (paper, routes) = (try Self.paper, try routes)
        #expect(routes.count > 20)
        for route in routes {
            #expect(paper.contains("`\(route.method.rawValue) \(route.pattern)`"), "\(route)")
        }
        // And none that is not there.
        let named = paper.matches(of: /\n\| `([A-Z]+ \/[^`]*)` \|/).map { String($0.1) }
        let known = routes.map { "\($0.method.rawValue) \($0.pattern)" } + ["GET /"]
        #expect(named.filter { !known.contains($0) } == [])
    }

    /// A route that reads options names those that it knows when it is asked for one that it does not.
    @Test func `every option is named`() throws {
        let (service, paper) = (try SharedService.service, try Self.paper)
        let id = try service.submit("good")
        _ = try service.ended(id)
        var options: Set<String> = []
        for route in try routes {
            let path = route.pattern.replacing("{id}", with: id).replacing("{other}", with: id)
                .replacing("{name}", with: "iris")
            for (type, body) in [
                ("application/json", #"{"model":"sentiment","text":"good"}"#), ("text/csv", "text\r\ngood\r\n"),
            ] {
                if route.method == .delete { continue }
                let hasBody = route.method == .post || route.method == .put
                let answer = try service.send(
                    route.method, path + "?wait=0&nonsense=1", hasBody ? ["Content-Type": type] : [:],
                    hasBody ? .bytes(Array(body.utf8)) : .none)
                guard let known = answer.detail.split(separator: "known parameters are").dropFirst().first else {
                    continue
                }
                options.formUnion(known.matches(of: /`([^`]+)`/).map { String($0.1) })
            }
        }
        #expect(
            options.isSuperset(of: [
                "model", "format", "join", "limit", "cursor", "wait", "map.…", "delimiter", "source",
            ]))
        for option in options {
            let name = option.replacing("…", with: "")
            #expect(
                paper.contains("`\(name)`")
                    || paper.contains("`\(name.hasSuffix(".") ? String(name.dropLast()) : name)`"),
                "\(option)")
        }
    }

    @Test(arguments: ErrorCode.allCases)
    func `every code is named`(code: ErrorCode) throws { #expect(try Self.paper.contains("`\(code.rawValue)`")) }

    /// The lines that a reader would type, one block after the other in one shell.
    @Test func `the examples work as they stand`() throws {
        let service = try SharedService.service
        let blocks = try Self.paper.components(separatedBy: "```\n").filter {
            $0.hasPrefix("curl") || $0.hasPrefix("task=")
        }
        #expect(blocks.count >= 5)
        let script =
            "set -e\n"
            + blocks.joined().replacing("localhost:8000", with: service.url.dropFirst("http://".count))
            .replacing("curl -s", with: "curl --fail-with-body -sS")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.currentDirectoryURL = URL(fileURLWithPath: ServiceUnderTest.root)
        process.arguments = ["-o", "pipefail", "-c", script]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(
            text.contains(#""prediction":"setosa""#) && text.contains("sibyl_prediction")
                && text.contains("Upload-Complete: ?1"), "\(text)")
    }
}
