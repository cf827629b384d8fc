import Foundation
import Glibc
import HTTP
import Testing

/// A disk that fills up, and one that cannot be written.
///
/// They need filesystems of their own; where none can be mounted they are skipped.
@Suite(.serialized, .enabled(if: SmallDisk.isPossible, "no filesystem can be mounted here"))
struct DiskTests {
    private static let rows = 3_000

    @Test func `a full disk refuses what comes and keeps what was accepted, and goes on when there is room`() throws {
        let disk = try SmallDisk()
        let service = ServiceUnderTest(database: disk.path + "/sibyl.db")
        try service.startAPI()
        try service.startWorker()
        _ = try service.ended(try service.submit("fine"))
        let worker = service.processID("worker")
        try service.stop(worker) { !service.isAtGate(worker) }
        let table = try service.submitTable(ServiceUnderTest.longReviews(Self.rows, words: 30))
        var accepted = [table]
        for number in 0..<20 { accepted.append(try service.submit("number \(number)")) }

        try disk.leave(free: 100 << 10)
        try expectRefusal(by: service)
        try disk.leave(free: 0)
        kill(worker, SIGCONT)
        try service.wait("the worker to meet the full disk") { service.logText("worker").contains("database trouble") }
        #expect(service.logText("worker").contains("disk is full"))
        try expectRefusal(by: service)
        #expect(try service.get("/predict/async/\(table)").status == 200)

        try disk.clear()
        for id in accepted { #expect(try service.ended(id)["status"] as? String == "completed") }
        #expect(try service.resultRows(table) == Array(0..<Self.rows))
        #expect(try service.ended(try service.submit("after"))["status"] as? String == "completed")
        let check = try service.check()
        #expect(check.code == 0, "\(check.output)")
        // Nobody died of it.
        for name in ["api", "worker"] {
            service.signal(name, SIGTERM)
            #expect(service.end(name) == 0)
        }
    }

    private func expectRefusal(by service: ServiceUnderTest) throws {
        let refused = try service.post("/predict/async", #"{"model":"sentiment","text":"no room"}"#)
        #expect(refused.status == 503)
        #expect(refused.json["code"] as? String == "disk_low")
        #expect((refused.json["detail"] as? String)?.contains("try again when there is room") == true)
        #expect(refused.headers.first("Retry-After") != nil)
        // What the probe found before is believed for a second.
        try service.wait("/ready to tell") { try service.get("/ready").status == 503 }
    }

    @Test func `an upload that meets a full disk goes on where it was when there is room`() throws {
        let disk = try SmallDisk()
        let service = ServiceUnderTest(database: disk.path + "/sibyl.db")
        try service.startAPI()
        try service.startWorker()
        let whole = Array(ServiceUnderTest.longReviews(4_000, words: 30).utf8)
        let id = try service.open("model=sentiment&id_column=id")
        #expect(try service.put(Array(whole[..<(whole.count / 2)]), to: id, from: 0).status == 200)
        let stored = try service.offset(id)
        #expect(stored > 0)
        let rest = Array(whole[stored...])

        try disk.leave(free: 100 << 10)
        let refused = try service.put(rest, to: id, from: stored, of: whole.count)
        #expect(refused.status == 503 && refused.code == "disk_low", "\(refused.json)")
        #expect(try service.offset(id) == stored)

        try disk.clear()
        #expect(try service.put(rest, to: id, from: stored, of: whole.count).status == 200)
        #expect(try service.ended(id).status == "completed")
        #expect(try service.resultRows(id) == Array(0..<4_000))
    }

    @Test func `a folder that cannot be written is refused with its remedy, and nothing is changed`() throws {
        let disk = try SmallDisk()
        let service = ServiceUnderTest(database: disk.path + "/sibyl.db")
        #expect(try service.command(["migrate", "--database", service.database]).code == 0)
        let before = try Data(contentsOf: URL(fileURLWithPath: service.database))
        try disk.makeReadOnly()
        for words in [["api", "--listen", "127.0.0.1:0"], ["worker"], ["up", "--listen", "127.0.0.1:0"]] {
            let outcome = try service.refusal(of: words)
            #expect(outcome.code == 1, "\(words) \(outcome.errors)")
            #expect(outcome.errors.contains("Read-only file system"), "\(outcome.errors)")
            #expect(outcome.errors.contains("--database"), "\(outcome.errors)")
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: service.database)) == before)
    }

    @Test func `a database file that cannot be written is refused with its remedy`() throws {
        let disk = try SmallDisk()
        let service = ServiceUnderTest(database: disk.path + "/sibyl.db")
        #expect(try service.command(["migrate", "--database", service.database]).code == 0)
        try disk.makeReadOnly(service.database)
        for words in [["api", "--listen", "127.0.0.1:0"], ["worker"]] {
            let outcome = try service.refusal(of: words)
            #expect(outcome.code == 1, "\(words) \(outcome.errors)")
            #expect(outcome.errors.contains("check its permissions"), "\(outcome.errors)")
        }
        try disk.makeWritable(service.database)
        try service.startAPI()
        #expect(try service.get("/ready").status == 200)
    }
}
