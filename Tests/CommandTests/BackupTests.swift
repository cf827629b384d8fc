import Foundation
import Glibc
import HTTP
import Synchronization
import TestSupport
import Testing

/// Backups that are taken while everything runs, and what is refused when one comes back.
@Suite(.serialized) struct BackupTests {
    private static let models = ServiceUnderTest.root + "/models"

    @Test func `all that was accepted before a backup is there after a restore, and is scored`() throws {
        let service = ServiceUnderTest()
        try service.startAPI()
        try service.startWorker()
        let load = SubmissionLoad(url: service.url)
        load.start()
        let csv = try ServiceUnderTest.reviews
        let batch = try service.post("/predict/async?model=sentiment&id_column=id", csv, type: "text/csv")
        try service.wait("some submissions") { load.accepted.count >= 50 }
        let accepted = load.accepted + [try #require(batch.json["id"] as? String)]
        let backup = service.folder.path + "/backup.sibyl"
        let made = try service.command(
            ["backup", backup, "--database", service.database, "--models", Self.models, "--json"])
        #expect(made.code == 0, "\(made.errors)")
        load.stop()
        #expect(try service.command(["check", "--database", service.database]).code == 0)

        let other = ServiceUnderTest()
        let models = other.folder.path + "/models"
        let words = ["restore", backup, "--database", other.database, "--models", models]
        let restored = try other.command(words)
        #expect(restored.code == 0, "\(restored.errors)")
        let checked = try other.command(["check", "--database", other.database])
        #expect(checked.code == 0, "\(checked.output)")
        try other.startAPI(["--models", models])
        try other.startWorker("worker", ["--models", models])
        // A copy must not score beside its original: nothing runs before it is let go.
        #expect(try other.command(["resume"]).code == 0)
        for id in accepted { #expect(try other.ended(id)["status"] as? String == "completed") }
        #expect(try other.resultRows(accepted.last!) == Array(0..<1_000))

        // It runs now.
        let again = try other.command(words + ["--force"])
        #expect(again.code == 1)
        #expect(again.errors.contains("in use"))
    }

    @Test func `a backup that is damaged, cut short or not ours is refused, and nothing is changed`() throws {
        let service = ServiceUnderTest()
        let backup = try Self.makeBackup(service)
        let whole = try Data(contentsOf: URL(fileURLWithPath: backup))
        var flipped = whole
        flipped[whole.count / 2] ^= 1
        var newer = whole
        newer.replaceSubrange(whole.count - 128..<whole.count, with: Self.newerSeal)
        for (bytes, words) in [
            (flipped, "checksum"), (whole.dropLast(1), "end is missing"), (whole.prefix(5_000), "end is missing"),
            (Data(), "end is missing"), (newer, "newer program"),
        ] {
            try bytes.write(to: URL(fileURLWithPath: backup))
            let outcome = try service.command(
                ["restore", backup, "--force", "--database", service.database, "--models", Self.models])
            #expect(outcome.code == 1)
            #expect(outcome.errors.contains(words), "\(outcome.errors)")
        }
        #expect(try service.command(["check", "--database", service.database]).code == 0)
        let left = Set(try FileManager.default.contentsOfDirectory(atPath: service.folder.path))
        #expect(left.isDisjoint(with: ["sibyl.db.restoring", "sibyl.db.before-restore"]))
    }

    private static let newerSeal = Data("\nsibyl-backup 2 ".utf8) + Data(repeating: 32, count: 112)

    @Test func `nothing is overwritten unless it is said`() throws {
        let service = ServiceUnderTest()
        let backup = try Self.makeBackup(service)
        let database = ["--database", service.database, "--models", Self.models]
        #expect(try service.command(["backup", backup] + database).code == 64)
        #expect(try service.command(["backup", backup, "--force"] + database).code == 0)
        #expect(try service.command(["restore", backup] + database).code == 64)
        #expect(try service.command(["restore", backup, "--force"] + database).code == 0)
        #expect(FileManager.default.fileExists(atPath: service.database + ".before-restore"))
        #expect(try service.command(["check", "--database", service.database + ".before-restore"]).code == 0)
        #expect(
            try service.command(["backup", backup + "2", "--database", service.folder.path + "/none.db"]).code == 64)
    }

    @Test func `a model that differs is kept, unless it is said`() throws {
        let service = ServiceUnderTest()
        let backup = try Self.makeBackup(service)
        let models = service.folder.path + "/other"
        try FileManager.default.createDirectory(atPath: models + "/iris", withIntermediateDirectories: true)
        let manifest = models + "/iris/model.json"
        try "{}".write(toFile: manifest, atomically: true, encoding: .utf8)
        let words = ["restore", backup, "--database", service.folder.path + "/new.db", "--models", models]
        let refused = try service.command(words)
        #expect(refused.code == 64, "\(refused.errors)")
        #expect(try String(contentsOfFile: manifest, encoding: .utf8) == "{}")
        #expect(!FileManager.default.fileExists(atPath: service.folder.path + "/new.db"))
        #expect(try service.command(words + ["--force"]).code == 0)
        #expect(FileManager.default.contentsEqual(atPath: manifest, andPath: Self.models + "/iris/model.json"))
    }

    @Test func `damaged pages are found, and the check says what to do`() throws {
        let service = ServiceUnderTest()
        let backup = try Self.makeBackup(service)
        let copy = service.folder.path + "/damaged.db"
        #expect(try service.command(["restore", backup, "--database", copy, "--models", Self.models]).code == 0)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
        // The second page is the pointer map, the third the first table's root.
        try file.seek(toOffset: 2 * 4_096)
        try file.write(contentsOf: Data(repeating: 0xFF, count: 2_048))
        try file.close()
        let checked = try service.command(["check", "--database", copy, "--json"])
        #expect(checked.code == 1)
        #expect(checked.output.contains("restore a backup"))
    }

    /// A backup of a database with one task that waits.
    private static func makeBackup(_ service: ServiceUnderTest) throws -> String {
        let backup = service.folder.path + "/backup.sibyl"
        try service.startAPI()
        _ = try service.submit("waits")
        service.signal("api", SIGTERM)
        service.end("api")
        let made = try service.command(["backup", backup, "--database", service.database, "--models", models])
        guard made.code == 0 else { throw ServiceUnderTest.Failure(description: made.errors) }
        return backup
    }
}

/// Single submissions, one after the other, until told to stop.
final class SubmissionLoad: Sendable {
    private struct State {
        var ids: [String] = []
        var isStopped = false
    }

    private let url: String
    private let state = Mutex(State())
    private let over = DispatchGroup()

    init(url: String) { self.url = url }

    var accepted: [String] { state.withLock { $0.ids } }

    func start() {
        DispatchQueue.global().async(group: over) { [self] in
            let client = HTTPClient()
            while !state.withLock({ $0.isStopped }) {
                let body = Array(#"{"model":"sentiment","text":"I love this"}"#.utf8)
                guard
                    let answer = try? client.send(
                        .post, url + "/predict/async", headers: ["Content-Type": "application/json"],
                        body: .bytes(body), deadline: .seconds(30)),
                    answer.status == 202,
                    let json = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any],
                    let id = json["id"] as? String
                else { return }
                state.withLock { $0.ids.append(id) }
            }
        }
    }

    func stop() {
        state.withLock { $0.isStopped = true }
        over.wait()
    }
}
