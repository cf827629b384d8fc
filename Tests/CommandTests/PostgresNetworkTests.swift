import Foundation
import Glibc
import TestSupport
import Testing

/// One service on several machines, of which the network loses one for a while.
///
/// They need networks of their own; where none can be made they are skipped.
@Suite(.serialized, .enabled(if: SmallNetwork.isPossible, "no network can be made here"))
struct PostgresNetworkTests {
    private static let tableRows = 1_500
    private static let lease = ["--lease-seconds", "3"]

    /// When the batch ended in the dark, the worker was told that it counts as dead before it could answer once more, and it
    /// ended rightly; the test went on waiting for its late answer.
    @Test func `a worker cut off in a batch is replaced, and nothing that it answers late counts`() throws {
        let fleet = try Machines()
        let service = fleet.service
        var callers: [RetryingCallers] = []
        for (url, name) in zip(fleet.urls, ["one", "two"]) {
            let caller = RetryingCallers(url: url)
            caller.startSingles(name, pause: 10)
            caller.startTables(ServiceUnderTest.longReviews(Self.tableRows, words: 200), pause: 100)
            callers.append(caller)
        }
        let cutOff = try fleet.cutInBatch(worker: 0)
        let start = Date()
        try service.wait("its work to be given to others") { try !fleet.isKnown(cutOff) }
        let rescue = Date().timeIntervalSince(start)
        let accepted = callers.map(\.singles.count)
        try service.wait("the others to go on") {
            zip(callers, accepted).allSatisfy { $0.singles.count > $1 + 10 }
        }
        try fleet.heal(worker: 0)
        // Whoever was declared dead ends; whoever supervises it starts it again.
        try service.wait("worker 0 to end", for: 60) { !service.isRunning("worker 0") }
        let words = service.logText("worker 0")
        #expect(service.end("worker 0") == 1)
        // Its late answer is refused by its token, if its next sign of life was not refused before.
        let isTold = ["the lease was lost", "its work was given to others"].contains { words.contains($0) }
        #expect(isTold, "worker 0 said: \(words.suffix(4_000))")
        try fleet.startWorker(0)

        for caller in callers { caller.stop() }
        try service.wait("the backlog to be done", for: 60) { try service.get("/health").waitingRows == 0 }
        for (caller, url) in zip(callers, fleet.urls.reversed()) {
            #expect(caller.refusals.isEmpty)
            // What one API accepted the other answers for.
            service.follow(url)
            for id in caller.singles { #expect(try service.ended(id).status == "completed") }
            for id in caller.tables {
                #expect(try service.resultRows(id) == Array(0..<Self.tableRows))
            }
        }
        // Both sent the same tables under the same keys.
        #expect(zip(callers[0].tables, callers[1].tables).allSatisfy { $0 == $1 })
        fleet.stop()
        let check = try service.check()
        #expect(check.code == 0, "\(check.output)")
        print(
            "a worker that was cut off was replaced after \(rescue) s, with a lease of 3 s; "
                + "\(callers.map { $0.singles.count + $0.tables.count }) tasks accepted")
        // Nothing waited for the network's own patience, which is ten seconds.
        #expect(rescue < 6)
    }

    /// Two APIs and four workers, each on a machine of its own, and a server on another.
    private final class Machines {
        private let network: SmallNetwork
        private let server: PostgresServer
        let service: ServiceUnderTest
        private(set) var urls: [String] = []

        init() throws {
            network = try SmallNetwork(machines: 6)
            server = try PostgresServer(
                settings: ["listen_addresses=\(network.home)", "max_connections=300"], network: network.addresses)
            // On the kernel a batch is over before a worker can be cut off in it.
            service = ServiceUnderTest(
                database: server.url(schema: "far", at: network.home), slowsTexts: true)
            for number in 0..<2 { try startAPI(number) }
            for number in 0..<4 { try startWorker(number) }
        }

        private func startAPI(_ number: Int) throws {
            let ready = service.folder.path + "/url\(number)"
            let words = ["api", "--listen", network.address(of: 4 + number) + ":0", "--auth", "off"]
            try service.start(
                "api \(number)", words + ["--ready-file", ready, "--chunk-rows", "256"] + PostgresNetworkTests.lease,
                by: network.launcher(on: 4 + number))
            try service.wait("API \(number) to listen") {
                (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true
            }
            urls.append(try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines))
            service.follow(urls[0])
        }

        func startWorker(_ number: Int) throws {
            let words = ["worker"] + PostgresNetworkTests.lease
            try service.start("worker \(number)", words, by: network.launcher(on: number))
            try service.wait("worker \(number)") { service.logText("worker \(number)").contains("worker ready") }
        }

        /// Cuts a worker off at a moment when it runs rows and the server owes it no answer.
        ///
        /// - Returns: the worker's number in the database.
        func cutInBatch(worker: Int) throws -> String {
            let process = service.processID("worker \(worker)")
            let key = try server.ask("SELECT key FROM far.owner WHERE pid = \(process)")
            let address = network.address(of: worker)
            try service.wait("worker \(worker) to be cut off in a batch", for: 60) {
                try network.cut(worker)
                let isInRun = try server.ask(
                    """
                    SELECT (SELECT count(*) FROM far.chunk WHERE owner = \(key)) > 0
                        AND NOT EXISTS (SELECT 1 FROM pg_stat_activity
                            WHERE client_addr = '\(address)' AND state <> 'idle')
                    """)
                if isInRun == "t" { return true }
                try network.heal(worker)
                // Long enough for what was lost to be sent again.
                poll(nil, 0, 500)
                return false
            }
            return key
        }

        func heal(worker: Int) throws { try network.heal(worker) }

        func isKnown(_ owner: String) throws -> Bool {
            try server.ask("SELECT count(*) FROM far.owner WHERE key = \(owner)") == "1"
        }

        func stop() {
            for name in (0..<4).map({ "worker \($0)" }) + (0..<2).map({ "api \($0)" }) {
                service.signal(name, SIGTERM)
                #expect(service.end(name) == 0, "\(name)")
            }
        }
    }
}
