import Foundation
import Glibc
import TestSupport
import Testing

/// A keeper whose process stands still while its connection to the server stands.
@Suite(.serialized) struct PostgresKeeperTests {
    private static let debug = ["--log-level", "debug"]

    /// How often a process was elected.
    private func elections(_ service: ServiceUnderTest, _ name: String) -> Int {
        service.logText(name).components(separatedBy: "event=\"keeper elected\"").count - 1
    }

    @Test func `a keeper that is stopped is replaced, and keeps house no more when it goes on`() throws {
        let server = try PostgresServer()
        let service = ServiceUnderTest(database: server.url(schema: "kept"))
        try service.startAPI(Self.debug)
        try service.wait("the API to be the keeper") { elections(service, "api") == 1 }
        try service.startWorker("worker", Self.debug)
        try service.wait("the worker") { service.logText("worker").contains("worker ready") }

        service.signal("api", SIGSTOP)
        let stopped = Date()
        try service.wait("another keeper", for: 60) { elections(service, "worker") == 1 }
        let replaced = Date().timeIntervalSince(stopped)
        service.signal("api", SIGCONT)
        let id = try service.submit("I love this product!")
        #expect(try service.ended(id)["status"] as? String == "completed")
        #expect(elections(service, "worker") == 1)

        // Only who had noticed that it was replaced can be elected anew.
        let before = elections(service, "api")
        service.signal("worker", SIGTERM)
        #expect(service.end("worker") == 0)
        do {
            try service.wait("the API to be elected again", for: 60) { elections(service, "api") > before }
        } catch {
            Issue.record("\(error): elected \(before) times before; \(service.logText("api").suffix(4_000))")
        }
        #expect(try service.lines(of: Fleet.rescueEvent).isEmpty)
        service.signal("api", SIGTERM)
        #expect(service.end("api") == 0)
        let check = try service.check()
        #expect(check.code == 0, "\(check.output)")
        print("a stopped keeper was replaced after \(replaced) s")
        // The soak has the machine for itself and keeps the promise's figure.
        #expect(replaced < (Soak.isAsked ? 8 : 30))
    }
}
