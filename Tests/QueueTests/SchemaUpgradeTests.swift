import Core
import Glibc
import Store
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// A database of schema 2 with work in it is brought to schema 3, and the work goes on.
@Suite struct SchemaUpgradeTests {
    private let ids = (0..<7).map { TaskID(bytes: [UInt8](repeating: UInt8($0 + 1), count: 16))! }

    /// Writes what the program of schema 2 would have left behind.
    private func makeOldDatabase(_ database: Database) throws {
        let output = """
            {"kind":"regression","labels":[],"width":1}
            """
        try database.makeWriter(.durable).transaction { connection in
            try connection.execute(script: Migration1.sql + Migration2.sql + "PRAGMA user_version = 2")
            try connection.run("INSERT INTO model VALUES (1, 'echo', 'v1', '00', ?)", .text(output))
            try connection.run("INSERT INTO owner (key, kind, boot, pid, started_ms) VALUES (5, 'api', 'old', 1, 0)")
            try connection.run("INSERT INTO backlog (model, rows) VALUES (1, 7)")
            // Waiting, under way, uploading, cancelling, ended with several rows, ended single, swept.
            try task(1, "pending", "complete", rows: 1, in: connection, input: QueueHarness.rows([21]).encoded())
            try task(2, "processing", "complete", rows: 4, succeeded: 2, in: connection)
            try task(3, "processing", "receiving", rows: 2, succeeded: 0, receiver: 5, in: connection)
            try task(4, "cancelling", "complete", rows: 2, in: connection)
            try task(5, "completed", "complete", rows: 2, succeeded: 2, ended: true, in: connection)
            try task(6, "completed", "complete", rows: 1, succeeded: 1, ended: true, in: connection)
            try task(7, "completed", "complete", rows: 1, succeeded: 1, ended: true, in: connection)
            try connection.run("UPDATE task SET swept_ms = 3, results_until_ms = NULL WHERE key = 7")
            try connection.run("UPDATE task SET result = ? WHERE key = 6", .blob(predictions([8])))
            for (task, position) in [(1, 0), (2, 1), (3, 0), (4, 0)] { try chunk(task, position, in: connection) }
            for task in [2, 5] {
                try connection.run(
                    "INSERT INTO result VALUES (?, 0, 2, ?)", .integer(task << 24), .blob(predictions([2, 4])))
            }
            try connection.run("INSERT INTO idempotency VALUES ('local', 'old', NULL, 3, ?)", .integer(1 << 40))
        }
    }

    private func predictions(_ values: [Double]) -> [UInt8] {
        Predictions(count: values.count, width: 1, values: values, faults: []).encoded()
    }

    private func task(
        _ key: Int, _ status: String, _ inputState: String, rows: Int, succeeded: Int = 0, receiver: Int64? = nil,
        ended: Bool = false, in connection: Connection, input: [UInt8]? = nil
    ) throws {
        try connection.run(
            """
            INSERT INTO task (key, id, model, priority, status, input_state, input_bytes, rows, succeeded, chunks,
                receiver, input, created_ms, completed_ms, results_until_ms)
            VALUES (?1, ?2, 1, 'normal', ?3, ?4, 9, ?5, ?6, 2, ?7, ?8, 1, ?9, ?10)
            """, .integer(key), .blob(ids[key - 1].bytes), .text(status), .text(inputState), .integer(rows),
            .integer(succeeded), receiver.map { .integer($0) } ?? .null(.integer), .optional(input),
            ended ? .integer(2) : .null(.integer), ended ? .integer(Int64(1) << 50) : .null(.integer))
    }

    private func chunk(_ task: Int, _ position: Int, in connection: Connection) throws {
        let key = ChunkKey(task: Int64(task), position: position)
        let numbers: [Float] = task == 1 ? [21] : [Float(task), 4]
        try connection.run(
            "INSERT INTO chunk (key, model, rank, first_row, rows, bytes, state) VALUES (?, 1, ?, ?, ?, 1, 'ready')",
            .integer(key.rawValue), .integer(task), .integer(position * 2), .integer(numbers.count))
        if task > 1 { try PayloadTable.insert(key, body: QueueHarness.rows(numbers).encoded(), in: connection) }
    }

    @Test func `tasks of schema 2 are readable and go on in the newest schema`() async throws {
        let queue = try QueueHarness(.sqlite, prepare: makeOldDatabase)
        #expect(try queue.database.schemaVersion() == 7)
        #expect(try queue.database.check() == nil)
        let before = try ids.map { try queue.task($0).task.status.rawValue }
        #expect(
            before == ["pending", "processing", "processing", "cancelling", "completed", "completed", "completed"])
        #expect(try queue.results(ids[4]) == [2, 4])
        #expect(try queue.task(ids[5]).result?.values == [8])
        #expect(try queue.task(ids[6]).isSwept)
        #expect(try queue.tasks.list(owner: "local", TaskFilter(), limit: 9).tasks.map(\.task.id) == ids.reversed())

        let (worker, upkeep) = (try queue.makeWorker(), try queue.makeUpkeep())
        _ = try upkeep.stop()
        try worker.drain()
        #expect(try queue.results(ids[0]) == [42])
        #expect(try queue.results(ids[1]) == [2, 4, 4, 8])
        #expect(try [0, 1, 3].map { try queue.task(ids[$0]).task.status } == [.completed, .completed, .cancelled])
    }

    /// The token of an upload was once its process alone, so that nobody ended the uploads that a migration met.
    @Test func `an upload of schema 2 breaks when its process is gone, and frees its key`() throws {
        let queue = try QueueHarness(.sqlite, prepare: makeOldDatabase)
        let upkeep = try queue.makeUpkeep()
        _ = try upkeep.rescue()
        queue.clock.advance(by: QueueHarness.lease)
        #expect(try upkeep.rescue().map(\.brokenUploads) == [1])
        try queue.keepHouse(upkeep)
        let ended = try queue.task(ids[2]).task
        #expect(ended.status == .failed)
        #expect(ended.failure == .uploadIncomplete)
        #expect(ended.rows == .init(total: 2, cancelled: 2))
        #expect(try queue.invariantFaults() == [])
    }

    @Test func `a migration that fails leaves the schema as it was`() throws {
        let folder = TemporaryFolder()
        let database = try Database(path: folder.path + "/old.db")
        try makeOldDatabase(database)
        // A table of the new schema's name is in its way, late in the script.
        try database.makeWriter(.durable).transaction { try $0.execute(script: "CREATE TABLE record (x)") }
        #expect(throws: SQLiteError.self) { try database.migrate() }
        #expect(try database.schemaVersion() == 2)
        try database.makeWriter(.durable).transaction { try $0.execute(script: "DROP TABLE record") }
        #expect(try database.migrate() == [3, 4, 5, 6, 7])
    }
}
