import Foundation
import Glibc
import TestSupport
import Testing

/// A PostgreSQL server that goes away under load, and comes back.
@Suite(.serialized) struct PostgresOutageTests {
    private static let tableRows = 1_500

    @Test func `a server killed in the middle of a batch loses nothing and doubles nothing`() throws {
        let load = try Load()
        var outages: [TimeInterval] = []
        for _ in 0..<Soak.count(1, soak: 20) {
            try load.waitForRun()
            try load.server.kill()
            try load.service.wait("the API to say that it cannot accept") {
                try load.service.get("/ready").status == 503
            }
            #expect(try load.service.get("/live").status == 200)
            try load.server.restart()
            let start = Date()
            try load.service.wait("the API to accept again") { try load.service.get("/ready").status == 200 }
            outages.append(Date().timeIntervalSince(start))
            try load.waitForProgress()
        }
        try load.expectAllDone()
        print(
            "outages: accepted again \(outages.map { Int($0 * 1_000) }) ms after the server was back; \(load.summary)")
        #expect(outages.max() ?? 0 < 3)
        // Three processes beat: each says when an outage begins and when it ends, and no more.
        let told = (try load.service.lines(of: "beat missed").count, try load.service.lines(of: "beat again").count)
        #expect((1...3 * outages.count).contains(told.0) && told.0 == told.1, "\(told)")
    }

    @Test func `connections that are cut again and again lose nothing, and nobody is taken for dead`() throws {
        let load = try Load()
        var cut = 0
        for _ in 0..<Soak.count(3, soak: 50) {
            try load.waitForRun()
            cut += try load.cutAllConnections()
            try load.waitForProgress()
        }
        try load.expectAllDone()
        print("cut \(cut) connections; \(load.summary)")
        #expect(cut > 20)
        // A process whose connections are cut is as alive as before.
        #expect(try load.service.lines(of: Fleet.rescueEvent).isEmpty)
        #expect(!load.service.logText("up").contains("process ended"))
    }

    @Test func `a worker stopped in a transaction holds nobody up for longer than a submission waits`() throws {
        let load = try Load()
        let service = load.service
        let worker = try #require(try service.children(of: "up", count: 3).first { $0.words.contains("worker") })
        try service.stop(worker.pid) { try load.isTransactionStanding() }
        let (stopped, accepted) = (Date(), load.callers.singles.count)
        try service.wait("the server to end the transaction") { try !load.isTransactionStanding() }
        let ended = Date().timeIntervalSince(stopped)
        try service.wait("submissions to go on") { load.callers.singles.count > accepted + 10 }
        kill(worker.pid, SIGCONT)
        try load.waitForProgress()
        // It stood still for less than its lease, and nobody else's beat did.
        #expect(!service.logText("up").contains("process ended"))
        try load.expectAllDone()
        print("a transaction that stood still was ended after \(ended) s; \(load.summary)")
        #expect(ended < 5)
    }

    /// A service under `up` on a server of its own, and callers that never give up.
    private final class Load {
        let server: PostgresServer
        let service: ServiceUnderTest
        let callers: RetryingCallers

        init() throws {
            server = try PostgresServer(settings: ["max_connections=300"])
            let service = ServiceUnderTest(database: server.url(schema: "load"))
            self.service = service
            try service.startUp(workers: 2, ["--chunk-rows", "256"])
            // One that is stopped or cut while it begins ends, and is started again.
            try service.wait("both workers") { try service.lines(of: "worker ready").count == 2 }
            callers = RetryingCallers(url: service.url)
            for name in ["one", "two"] { callers.startSingles(name, pause: 10) }
            callers.startTables(ServiceUnderTest.longReviews(PostgresOutageTests.tableRows, words: 80), pause: 300)
        }

        /// Waits until some worker holds rows.
        func waitForRun() throws {
            try service.wait("a batch to run") {
                try server.ask("SELECT count(*) FROM load.chunk WHERE state = 'leased'") != "0"
            }
        }

        /// Waits until something was accepted and something completed since now.
        func waitForProgress() throws {
            let accepted = callers.singles.count
            try service.wait("submissions to go on") { callers.singles.count > accepted + 5 }
            let last = try #require(callers.singles.last)
            #expect(try service.ended(last).status == "completed")
        }

        /// Whether a process does nothing in the middle of a transaction, for longer than any that runs.
        func isTransactionStanding() throws -> Bool {
            poll(nil, 0, 300)
            return try server.ask(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE state = 'idle in transaction' AND state_change < clock_timestamp() - interval '250 ms'
                """) != "0"
        }

        func cutAllConnections() throws -> Int {
            Int(
                try server.ask(
                    """
                    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'sibyl'
                    """)) ?? 0
        }

        func expectAllDone() throws {
            callers.stop()
            try service.wait("the backlog to be done", for: 60) { try service.get("/health").waitingRows == 0 }
            #expect(callers.refusals.isEmpty)
            let tasks = try service.allTasks()
            let accepted = callers.singles + callers.tables
            #expect(Set(accepted).count == accepted.count)
            for id in accepted { #expect(tasks[id]?.status == "completed", "\(id) \(tasks[id] ?? [:])") }
            // What else is there are uploads that were cut, or could not be stored; their callers tried again.
            for (id, task) in tasks where !accepted.contains(id) {
                #expect(task.failure == "upload_incomplete", "\(task)")
            }
            for id in callers.tables {
                #expect(try service.resultRows(id) == Array(0..<PostgresOutageTests.tableRows))
            }
            service.signal("up", SIGTERM)
            #expect(service.end("up") == 0)
            let check = try service.check()
            #expect(check.code == 0, "\(check.output)")
        }

        var summary: String { "\(callers.singles.count) rows and \(callers.tables.count) tables accepted" }
    }
}
