import Foundation
import Glibc
import Store
import TestSupport
import Testing

/// An installation that is moved to PostgreSQL with all that was done, waits, failed for now, comes in, or was stopped.
@Suite(.serialized) struct MoveTests {
    /// A service on SQLite whose processes have all ended, some of them by force.
    private struct Scene {
        let service = ServiceUnderTest(slowsTexts: true)
        var done = ""
        var waiting = ""
        var table = ""
        var upload = ""
        var cancelled = ""
        let uploadText: [UInt8]
        var offset = 0

        init() throws {
            let many = String(repeating: "x,a good film for a good evening\r\n", count: 2_500)
            uploadText = Array(("id,text\r\n" + many + many).utf8)
            try service.startAPI()
            try service.startWorker()
            done = try service.submit("I love this")
            #expect(try service.ended(done)["status"] as? String == "completed")
            table = try service.submitTable(ServiceUnderTest.longReviews(20_000, words: 40))
            try service.wait("the table to run") {
                try service.get("/predict/async/\(table)").json.status == "processing"
            }
            // It dies in the middle of the table.
            service.signal("worker", SIGKILL)
            service.end("worker")
            waiting = try service.submit("waits")
            cancelled = try service.submit("cancelled")
            #expect(try service.command(["cancel", cancelled]).code == 0)
            upload = try service.open("model=sentiment&id_column=id")
            #expect(try service.put(Array(uploadText[..<(uploadText.count / 2)]), to: upload, from: 0).status == 200)
            offset = try service.offset(upload)
            service.signal("api", SIGKILL)
            service.end("api")
        }

        /// What a move is told.
        func words(to target: String) -> [String] {
            ["migrate", "--from", "sqlite:" + service.database, "--to", target]
        }

        /// Kills a move while it waits to write payloads, with other tables copied: somebody else has not yet committed one
        /// with the same key.
        func killMove(to target: String) throws {
            let chunk = try Database(path: service.database).makeWriter(.relaxed).read {
                try $0.first("SELECT min(chunk) FROM payload") { $0.integer(0) } ?? 0
            }
            let looker = try Database(path: target).makeWriter(.relaxed)
            try Database(path: target).makeWriter(.relaxed).read { connection in
                try connection.execute(script: "ROLLBACK; BEGIN; INSERT INTO payload VALUES (\(chunk), '')")
                let mover = Process()
                mover.executableURL = URL(fileURLWithPath: ServiceUnderTest.program)
                mover.arguments = words(to: target)
                mover.standardError = FileHandle.nullDevice
                try mover.run()
                defer { mover.waitUntilExit() }
                try service.wait("the move to wait for the payload") {
                    try looker.read { looker in
                        let sql = "SELECT 1 FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
                        return try looker.first(sql) { _ in true } ?? false
                    }
                }
                kill(mover.processIdentifier, SIGKILL)
                try connection.execute(script: "ROLLBACK; BEGIN")
            }
        }

        /// Starts a service on the target and sees everything done.
        func check(_ target: String) throws {
            let other = ServiceUnderTest(database: target)
            try other.startAPI()
            #expect(try other.get("/predict/async/\(done)").json.status == "completed")
            #expect(try other.resultRows(done) == [0])
            #expect(try other.offset(upload) == offset)
            try other.startWorker()
            #expect(try other.ended(waiting).status == "completed")
            #expect(try other.ended(table).status == "completed")
            #expect(try other.resultRows(table) == Array(0..<20_000))
            #expect(try other.ended(cancelled).status == "cancelled")
            let whole = try other.put(
                Array(uploadText[offset...]), to: upload, from: offset, of: uploadText.count)
            #expect(whole.status == 200, "\(whole.json)")
            #expect(try other.ended(upload).status == "completed")
            #expect(try other.resultRows(upload) == Array(0..<5_000))
            let fresh = try other.submit("new")
            #expect(try other.ended(fresh).status == "completed")
        }
    }

    @Test func `everything is there after a move, and the rest is done there`() throws {
        let scene = try Scene()
        let target = try PostgresServer.shared.get().newURL()
        let moved = try scene.service.command(scene.words(to: target))
        #expect(moved.code == 0, "\(moved.errors)")
        #expect(moved.output.hasPrefix("5 tasks moved"), "\(moved.output)")
        try scene.check(target)
        for words in [["api", "--listen", "127.0.0.1:0"], ["worker"]] {
            let refused = try scene.service.refusal(of: words)
            #expect(refused.code == 1 && refused.errors.contains("was moved to postgres"), "\(refused.errors)")
        }
        #expect(try scene.service.command(scene.words(to: target)).errors.contains("was moved to postgres"))
    }

    @Test func `a move that is killed goes on, and no process starts at either end meanwhile`() throws {
        let scene = try Scene()
        let target = try PostgresServer.shared.get().newURL()
        #expect(try scene.service.command(["migrate", "--database", target]).code == 0)
        try scene.killMove(to: target)
        for words in [["api", "--listen", "127.0.0.1:0"], ["worker"]] {
            let refused = try scene.service.refusal(of: words)
            #expect(refused.code == 1 && refused.errors.contains("is being moved to"), "\(refused.errors)")
            let unfinished = try ServiceUnderTest(database: target).refusal(of: words)
            #expect(unfinished.code == 1 && unfinished.errors.contains("has not ended"), "\(unfinished.errors)")
        }
        let moved = try scene.service.command(scene.words(to: target))
        #expect(moved.code == 0, "\(moved.errors)")
        try scene.check(target)
    }

    @Test func `a flipped byte is named, nothing is switched, and the service goes on where it was`() throws {
        let scene = try Scene()
        let target = try PostgresServer.shared.get().newURL()
        try Database(path: scene.service.database).makeWriter(.durable).transaction { connection in
            let found = try connection.first("SELECT key, result FROM task WHERE result IS NOT NULL LIMIT 1") {
                ($0.integer(0), $0.blob(1))
            }
            var (key, body) = try #require(found)
            body[body.count - 1] ^= 1
            try connection.run("UPDATE task SET result = ? WHERE key = ?", .blob(body), .integer(key))
        }
        let refused = try scene.service.command(scene.words(to: target))
        #expect(refused.code == 1)
        #expect(refused.errors.contains("result of task 1: corrupt_payload"), "\(refused.errors)")
        try scene.service.startAPI()
        // In use.
        let again = try scene.service.command(scene.words(to: target))
        #expect(again.code == 1 && again.errors.contains("in use"), "\(again.errors)")
        try scene.service.startWorker()
        #expect(try scene.service.ended(scene.waiting).status == "completed")
    }

    @Test func `what was typed wrong is told`() throws {
        let service = ServiceUnderTest()
        for (words, told) in [
            (["--from", service.database], "both --from and --to"),
            (["--from", "sqlite:" + service.database, "--to", "postgres://nowhere"], "no database at"),
        ] {
            let refused = try service.command(["migrate"] + words)
            #expect(refused.code == 64 && refused.errors.contains(told), "\(refused.errors)")
        }
    }
}
