import Foundation
import Glibc
import TestSupport
import Testing

/// Files that somebody overwrote or deleted.
@Suite(.serialized) struct DamagedFilesTests {
    private static let models = ServiceUnderTest.root + "/models"

    @Test(arguments: [UInt8(0), 0xFF])
    func `a database with a damaged header is refused untouched, and a restore brings it back`(byte: UInt8) throws {
        let service = ServiceUnderTest()
        let backup = service.folder.path + "/backup.sibyl"
        try service.startAPI()
        let id = try service.submit("waits")
        service.signal("api", SIGTERM)
        service.end("api")
        let place = ["--database", service.database, "--models", Self.models]
        #expect(try service.command(["backup", backup] + place).code == 0)
        // A restored database has no log from which its first page could come back.
        #expect(try service.command(["restore", backup, "--force"] + place).code == 0)

        let file = try FileHandle(forUpdating: URL(fileURLWithPath: service.database))
        try file.write(contentsOf: Data(repeating: byte, count: 100))
        try file.close()
        let damaged = try Data(contentsOf: URL(fileURLWithPath: service.database))
        let address = ["--listen", "127.0.0.1:0"]
        for words in [["api"] + address, ["worker"], ["up"] + address, ["migrate"]] {
            let outcome = try service.refusal(of: words)
            #expect(outcome.code == 1, "\(words) \(outcome.errors)")
            #expect(outcome.errors.contains("damaged; stop the service and restore a backup"), "\(outcome.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: service.database)) == damaged)
        }
        let check = try service.check()
        #expect(check.code == 1 && check.output.contains("restore a backup"), "\(check.output)")

        #expect(try service.command(["restore", backup, "--force"] + place).code == 0)
        try service.startAPI()
        try service.startWorker()
        #expect(try service.command(["resume"]).code == 0)
        #expect(try service.ended(id)["status"] as? String == "completed")
    }

    @Test(arguments: [true, false])
    func `a database that is gone while its log is there is not begun anew`(isDeleted: Bool) throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        let id = try service.submit("waits")
        let kept = service.folder.path + "/kept.db"
        service.signal("api", SIGKILL)
        service.end("api")
        try FileManager.default.copyItem(atPath: service.database, toPath: kept)
        let log = try Data(contentsOf: URL(fileURLWithPath: service.database + "-wal"))
        #expect(!log.isEmpty)
        if isDeleted { unlink(service.database) } else { truncate(service.database, 0) }
        for words in [["api", "--listen", "127.0.0.1:0"], ["worker"]] {
            let outcome = try service.refusal(of: words)
            #expect(outcome.code == 1 && outcome.errors.contains("its log is there"), "\(outcome.errors)")
            #expect(try Data(contentsOf: URL(fileURLWithPath: service.database + "-wal")) == log)
        }
        // Whoever brings the file back has everything.
        rename(kept, service.database)
        try service.startAPI()
        try service.startWorker()
        #expect(try service.ended(id)["status"] as? String == "completed")
    }

    @Test func `lock files deleted under load cost nothing, and the dead are still found by their beat`() throws {
        let service = ServiceUnderTest()
        let lease = ["--lease-seconds", "2"]
        try service.startAPI(lease)
        for name in ["one", "two"] { try service.startWorker(name, lease) }
        try service.wait("the workers") { try service.times(of: "worker ready").count == 2 }
        let callers = RetryingCallers(url: service.url)
        for name in ["one", "two"] { callers.startSingles(name, pause: 1) }
        callers.startTables(ServiceUnderTest.longReviews(1_000, words: 12), pause: 300)
        for round in 1...Soak.count(10, soak: 500) {
            let gate = [service.database + "-turn", service.database + "-gate"]
            for path in gate + [service.database + "-alone"] { unlink(path) }
            let owners = service.database + "-owners/"
            for name in try FileManager.default.contentsOfDirectory(atPath: owners) { unlink(owners + name) }
            // A deleted file guards nothing: whoever comes next makes it anew.
            try service.wait("the gate to be there again") { gate.allSatisfy { access($0, F_OK) == 0 } }
            try service.wait("submissions to go on") { callers.singles.count > round * 10 }
        }
        // Its lock file is gone, so that only its beat tells of its death; a newcomer may be elected a second keeper.
        service.signal("one", SIGKILL)
        service.end("one")
        try service.startWorker("three", lease)
        try service.wait("the death to be noticed") { try service.times(of: Fleet.rescueEvent).count == 1 }
        callers.stop()
        #expect(callers.refusals.isEmpty)
        for id in callers.singles + callers.tables {
            #expect(try service.ended(id)["status"] as? String == "completed")
        }
        for id in callers.tables { #expect(try service.resultRows(id) == Array(0..<1_000)) }
        #expect(try service.allTasks().count == callers.singles.count + callers.tables.count)
        let check = try service.check()
        #expect(check.code == 0, "\(check.output)")
    }
}
