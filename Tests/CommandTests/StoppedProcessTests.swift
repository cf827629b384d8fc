import Foundation
import Glibc
import TestSupport
import Testing

/// Processes that stand still at the worst moment, and go on later, or never.
@Suite(.serialized) struct StoppedProcessTests {
    private static let rows = 3_000

    @Test func `a worker stopped past its lease comes back, and its late answer is refused by its token`() throws {
        let service = ServiceUnderTest(slowsTexts: true)
        try service.startAPI(["--lease-seconds", "2", "--chunk-rows", "256"])
        let id = try service.submitTable(ServiceUnderTest.longReviews(Self.rows))
        try service.startWorker("one", ["--lease-seconds", "2"])
        let one = service.processID("one")
        var succeeded = 0
        try service.stop(one) {
            succeeded = try service.isInRun(one, of: id) ?? -1
            return succeeded >= 0
        }
        let stopped = Date()
        try service.wait("its work to be given back") { try service.rows(of: id)["processing"] == 0 }
        let rescue = Date().timeIntervalSince(stopped)

        // Another has the same rows now, and stands still too, so that only the token tells whose answer counts.
        try service.startWorker("two", ["--lease-seconds", "2"])
        let two = service.processID("two")
        try service.stop(two) { try service.isInRun(two, of: id) == succeeded }
        kill(one, SIGCONT)
        try service.wait("the late answer") { service.logText("one").contains("the lease was lost") }
        #expect(try service.rows(of: id)["succeeded"] == succeeded)
        #expect(try service.rows(of: id)["processing"] ?? 0 > 0)
        kill(two, SIGCONT)

        #expect(try service.ended(id)["status"] as? String == "completed")
        #expect(try service.resultRows(id) == Array(0..<Self.rows))
        #expect(try service.check().code == 0)
        print("a stopped worker's rows were given back after \(rescue) s, with a lease of 2 s")
        #expect(rescue <= 3)
        // Whoever was declared dead ends; whoever supervises it starts it again.
        #expect(service.end("one") == 1)
    }

    @Test func `a worker stopped at the write gate is killed under up, and nothing is lost`() throws {
        let service = ServiceUnderTest(slowsTexts: true)
        let ready = service.folder.path + "/url"
        try service.start("up", ["up", "--workers", "2", "--listen", "127.0.0.1:0", "--ready-file", ready])
        let children = try service.children(of: "up", count: 3)
        let worker = try #require(children.first { $0.words.contains("worker") })
        try service.wait("the API") { (try? String(contentsOfFile: ready, encoding: .utf8))?.hasSuffix("\n") == true }
        let url = try String(contentsOfFile: ready, encoding: .utf8).trimmingCharacters(in: .newlines)
        try service.wait("the workers") { service.logText("up").split(separator: "worker ready").count > 2 }

        let callers = RetryingCallers(url: url)
        for name in ["one", "two"] { callers.startSingles(name, pause: 0) }
        try service.stop(worker.pid) { service.isAtGate(worker.pid) }
        let (stopped, accepted) = (Date(), callers.singles.count)
        try service.wait("the stopped worker to be killed") { Glibc.kill(worker.pid, 0) == -1 }
        let killed = Date().timeIntervalSince(stopped)
        #expect(killed >= 2 && killed < 4)
        #expect(service.logText("up").contains("process stopped at the write gate, killed"))
        try service.wait("submissions to go on") { callers.singles.count > accepted + 10 }
        callers.stop()
        print("a worker stopped at the gate was killed after \(killed) s")

        #expect(callers.refusals.isEmpty)
        #expect(try service.children(of: "up", count: 3).allSatisfy { $0.pid != worker.pid })
        service.follow(url)
        for id in callers.singles { #expect(try service.ended(id)["status"] as? String == "completed") }
        service.signal("up", SIGTERM)
        #expect(service.end("up") == 0)
        #expect(try service.check().code == 0)
    }
}

extension ServiceUnderTest {
    /// The row counts of a task.
    func rows(of id: String) throws -> [String: Int] {
        try get("/predict/async/\(id)").json["rows"] as? [String: Int] ?? [:]
    }

    /// Whether a stopped process, the only one that works, holds rows of a task and does not stand at the gate.
    ///
    /// - Returns: how many rows of the task were done; nil when it stands elsewhere.
    func isInRun(_ process: Int32, of id: String) throws -> Int? {
        if isAtGate(process) { return nil }
        let rows = try rows(of: id)
        return rows["processing"] ?? 0 > 0 ? rows["succeeded"] : nil
    }
}
