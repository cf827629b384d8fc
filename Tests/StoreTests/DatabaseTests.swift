import Core
import Glibc
import TestSupport
import Testing

@testable import Store

@Suite struct DatabaseTests {
    private let folder = TemporaryFolder()

    private func makeDatabase() throws -> Database { try Database(path: folder.path + "/a/b/test.db") }

    @Test func `migrating makes the schema once and then has nothing to do`() throws {
        let database = try makeDatabase()
        #expect(throws: StoreError.notMigrated) { try database.checkSchema() }
        #expect(try database.migrate() == [1, 2, 3, 4, 5, 6, 7])
        #expect(try database.migrate() == [])
        try database.checkSchema()
    }

    @Test func `a schema newer than the next one is refused with the remedy`() throws {
        let database = try makeDatabase()
        try database.migrate()
        try database.makeWriter(.durable).transaction { try $0.execute(script: "PRAGMA user_version = 9") }
        #expect(throws: StoreError.schemaMismatch(found: 9, supported: 7...8)) { try database.checkSchema() }
        #expect(throws: StoreError.schemaMismatch(found: 9, supported: 7...8)) { try database.migrate() }
    }

    @Test func `a new database keeps a log, gives space back and flushes each durable commit`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let settings = ["journal_mode": "wal", "auto_vacuum": "2", "synchronous": "2", "wal_autocheckpoint": "0"]
        let writer = try database.makeWriter(.durable)
        for (name, value) in settings {
            let found = try writer.read { try $0.first("PRAGMA \(name)") { $0.text(0) } }
            #expect(found == value, "\(name)")
        }
    }

    @Test func `the tables refuse states that must not be`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let writer = try database.makeWriter(.durable)
        for wrong in [
            "INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state) VALUES (1, 1, 1, 0, 1, 1, 'leased')",
            "INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state) VALUES (1, 1, 1, 0, 0, 1, 'ready')",
            "INSERT INTO backlog VALUES (1, -1)",
            """
            INSERT INTO task (id, model, priority, status, input_state, input_bytes, rows, chunks, created_ms)
            VALUES (zeroblob(16), 1, 'normal', 'completed', 'complete', 0, 1, 1, 0)
            """,
        ] {
            #expect(throws: SQLiteError.self) { try writer.transaction { try $0.execute(script: wrong) } }
        }
    }

    @Test func `a transaction that throws leaves nothing behind`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let writer = try database.makeWriter(.durable)
        #expect(throws: StoreError.closed) {
            try writer.transaction { connection in
                try connection.run("INSERT INTO backlog (model, rows) VALUES (1, 5)")
                throw StoreError.closed
            }
        }
        #expect(try writer.read { try $0.first("SELECT count(*) FROM backlog") { $0.int(0) } } == 0)
    }

    @Test func `a grown log is checkpointed, and cut when nothing is written`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let writer = try database.makeWriter(.relaxed)
        for number in 0..<10 {
            try writer.transaction {
                try $0.run("INSERT INTO payload VALUES (?, zeroblob(1000000))", .integer(number))
            }
        }
        let before = database.files.logBytes
        #expect(before > Limits.checkpointBytes)
        let checkpointer = try Checkpointer(engine: database.sqlite)
        #expect(try checkpointer.checkpointIfNeeded(isIdle: false) == false)
        try writer.transaction { try $0.run("DELETE FROM payload WHERE chunk = 1") }
        #expect(database.files.logBytes == before, "the log is used again from its start")
        #expect(try checkpointer.checkpointIfNeeded(isIdle: true) == false)
        #expect(database.files.logBytes == 0)
    }

    @Test func `a reader delays a checkpoint and never makes it wait`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let writer = try database.makeWriter(.relaxed)
        try writer.transaction { try $0.run("INSERT INTO payload VALUES (0, zeroblob(9000000))") }
        let checkpointer = try Checkpointer(engine: database.sqlite)
        try database.makeReaders().read { connection in
            _ = try connection.first("SELECT count(*) FROM payload") { $0.int(0) }
            try writer.transaction { try $0.run("INSERT INTO payload VALUES (1, zeroblob(9000000))") }
            #expect(try checkpointer.checkpointIfNeeded(isIdle: false) == true)
        }
        #expect(try checkpointer.checkpointIfNeeded(isIdle: false) == false)
    }

    @Test func `a large log waits for a reader that ends soon, a bounded time`() throws {
        let database = try makeDatabase()
        try database.migrate()
        let writer = try database.makeWriter(.relaxed)
        try writer.transaction { try $0.run("INSERT INTO payload VALUES (0, zeroblob(40000000))") }
        let (began, release, ended) = (StopSignal(), StopSignal(), StopSignal())
        let readers = database.makeReaders()
        let reading = ServiceThread(name: "reader") { _ in
            try? readers.read { connection in
                _ = try connection.first("SELECT count(*) FROM payload") { $0.int(0) }
                began.raise()
                _ = release.wait(for: .seconds(20))
            }
            ended.raise()
        }
        #expect(began.wait(for: .seconds(20)))
        try writer.transaction { try $0.run("INSERT INTO payload VALUES (1, zeroblob(1000))") }
        var pauses = 0
        let impatient = try Checkpointer(engine: database.sqlite, pause: { pauses += 1 })
        #expect(try impatient.checkpointIfNeeded(isIdle: false) == true)
        #expect(pauses == Limits.checkpointTries - 1)
        let patient = try Checkpointer(
            engine: database.sqlite,
            pause: {
                release.raise()
                _ = ended.wait(for: .seconds(20))
            })
        #expect(try patient.checkpointIfNeeded(isIdle: false) == false)
        reading.join()
    }

    @Test
    func `a writer waits for who holds the lock of SQLite outside of the gate, as a reader does that looks twice`()
        throws
    {
        let path = folder.path + "/a/b/test.db"
        try Database(path: path).migrate()
        let (held, entered) = (StopSignal(), StopSignal())
        let database = try Database(path: path) { event in
            if case .gateEntered = event, held.isRaised { entered.raise() }
        }
        let writer = try database.makeWriter(.durable)
        let outsider = ServiceThread(name: "outsider") { _ in
            do {
                let connection = try Connection(path: path, mode: .readWrite)
                try connection.run("BEGIN IMMEDIATE")
                held.raise()
                #expect(entered.wait(for: .seconds(20)))
                // The writer has its turn and meets the lock in this moment, of which no event tells.
                poll(nil, 0, 50)
                try connection.run("COMMIT")
            } catch { Issue.record(error) }
        }
        #expect(held.wait(for: .seconds(20)))
        try writer.transaction { try $0.run("INSERT INTO pause (model, since_ms) VALUES ('a', 1)") }
        outsider.join()
        #expect(try writer.read { try $0.first("SELECT count(*) FROM pause") { $0.int(0) } } == 1)
    }

    @Test func `a file that is no database is refused in words`() throws {
        let path = folder.path + "/junk.db"
        let file = fopen(path, "w")!
        fputs(String(repeating: "junk", count: 1_000), file)
        fclose(file)
        let database = try Database(path: path)
        #expect(throws: SQLiteError.self) { try database.migrate() }
    }
}
