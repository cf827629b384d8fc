import Foundation
import Glibc
import HTTP
import TestSupport
import Testing

/// The main way of the program on a PostgreSQL server: nothing differs for those who call it.
@Suite(.serialized) struct PostgresServiceTests {
    private static let server = Result { try PostgresServer() }

    private static func makeService() throws -> ServiceUnderTest {
        ServiceUnderTest(database: try server.get().newURL(), slowsTexts: true)
    }

    @Test func `singles, tables, keys, cancelling and deleting work as they do on one machine`() throws {
        let service = try Self.makeService()
        try service.startUp(workers: 2)
        try service.wait("both workers") { service.logText("up").components(separatedBy: "worker ready").count > 2 }
        #expect(try service.get("/ready").status == 200)

        let result = try service.ended(try service.submit("I love this product!"))["result"] as? [String: Any]
        #expect(result?["prediction"] as? String == "positive")
        let table = try service.submitTable(try ServiceUnderTest.reviews)
        #expect(try service.ended(table).status == "completed")
        #expect(try service.resultRows(table) == Array(0..<1_000))
        #expect(try service.results(table, "format=csv&join=input").lines.count > 1_000)

        try expectOneTaskForOneKey(service)
        try expectCancelled(service)
        #expect(try service.send(.delete, "/predict/async/\(table)", [:], .none).status == 204)
        #expect([404, 410].contains(try service.get("/predict/async/\(table)").status))

        try expectHealthy(service)
        let listed = try service.command(["tasks"])
        #expect(listed.code == 0 && listed.output.contains("completed"), "\(listed)")
        #expect(try service.check().code == 0)
        service.signal("up", SIGTERM)
        #expect(service.end("up") == 0)
        let sound = try service.check()
        #expect(sound.code == 0 && sound.output.contains("counts: sound"), "\(sound.output)")
    }

    private func expectOneTaskForOneKey(_ service: ServiceUnderTest) throws {
        let body = Array(#"{"model":"sentiment","text":"once"}"#.utf8)
        let headers: HTTPHeaders = ["Content-Type": "application/json", "Idempotency-Key": "k"]
        let ids = try (0..<3).map { _ in
            try service.send(.post, "/predict/async", headers, .bytes(body)).json["id"] as? String
        }
        #expect(ids[0] != nil && Set(ids).count == 1)
        let other = Array(#"{"model":"sentiment","text":"twice"}"#.utf8)
        #expect(try service.send(.post, "/predict/async", headers, .bytes(other)).status == 422)
    }

    private func expectCancelled(_ service: ServiceUnderTest) throws {
        let id = try service.submitTable(ServiceUnderTest.longReviews(10_000, words: 60))
        #expect(try service.post("/predict/async/\(id)/cancel", "").status == 202)
        let task = try service.ended(id)
        #expect(task.status == "cancelled" && task.addsUp, "\(task)")
    }

    private func expectHealthy(_ service: ServiceUnderTest) throws {
        let health = try service.get("/health")
        #expect(health.json["status"] as? String == "healthy", "\(health.json)")
        #expect(health.json.description.contains("postgres://") == false)
        let metrics = try service.file("/metrics")
        #expect(metrics.status == 200)
        #expect(metrics.text.contains("sibyl_tasks_total"))
        try service.wait("a metric of the keeper") { try service.file("/metrics").text.contains("sibyl_workers") }
    }

    @Test func `a backup of a server's database is refused, and so is a restore, with the tool that does it`() throws {
        let service = try Self.makeService()
        let file = service.folder.path + "/backup.sibyl"
        for (command, tool) in [("backup", "pg_dump"), ("restore", "pg_restore")] {
            let refused = try service.command([command, file, "--database", service.database])
            #expect(refused.code == 64)
            #expect(refused.errors.contains(tool), "\(refused.errors)")
        }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func `doctor and check say how the server is, and what it lacks`() throws {
        let service = try Self.makeService()
        let words = ["--database", service.database, "--models", ServiceUnderTest.root + "/models"]
        let empty = try service.check()
        #expect(empty.code == 1 && empty.output.contains("sibyl migrate"), "\(empty.output)")
        let sound = try service.command(["doctor"] + words)
        #expect(sound.output.contains("ok   database: postgresql://"), "\(sound)")
        #expect(sound.output.contains("PostgreSQL 15"))
        #expect(!sound.output.contains("SQLite"))

        let risky = try PostgresServer.shared.get().newURL()
        let warned = try service.command(["doctor", "--database", risky] + words.dropFirst(2))
        #expect(warned.code == 1 && warned.output.contains("turn fsync on"), "\(warned.output)")

        let nobody = "postgres://nobody@127.0.0.1:1/none"
        for command in ["doctor", "check"] {
            let absent = try service.command([command, "--database", nobody])
            #expect(absent.code == 1 && absent.output.contains("cannot be reached"), "\(absent)")
        }
    }

    @Test func `a URL that cannot be read ends a process as any wrong setting does, and its password is not shown`()
        throws
    {
        let service = ServiceUnderTest(database: "postgres://u:s3cr%zzet@h/d")
        for words in [["up", "--workers", "1"], ["api"], ["worker"], ["migrate"], ["check"]] {
            let refused = try service.refusal(of: words)
            #expect(refused.code == 64, "\(words)")
            #expect(refused.errors.contains("cannot be read (invalid percent-encoded token)"), "\(refused.errors)")
            #expect(!refused.errors.contains("s3cr"))
        }
        let doctor = try service.command(["doctor", "--database", service.database])
        #expect(doctor.code == 1 && doctor.output.contains("cannot be read"), "\(doctor)")
    }

    @Test func `a damaged blob is found by the check`() throws {
        let server = try Self.server.get()
        let service = ServiceUnderTest(database: server.url(schema: "damaged"))
        try service.startAPI()
        _ = try service.submit("waits")
        service.signal("api", SIGTERM)
        service.end("api")
        #expect(try service.check().code == 0)
        try server.ask("UPDATE damaged.task SET input = set_byte(input, 9, get_byte(input, 9) # 1)")
        let check = try service.check()
        #expect(check.code == 1 && check.output.contains("corrupt_payload"), "\(check.output)")
    }
}
