import Core
import Glibc
import Operations
import Queue
import Store
import TestSupport
import Testing

@testable import Worker

/// The keeper's rounds with nobody else at work: what is due is done, and space comes back by itself.
@Suite struct KeeperRoundTests {
    private let folder = TemporaryFolder()
    private let clock = ManualClock()

    private func makeUpkeep(_ database: Database) throws -> Upkeep {
        try Upkeep(
            database: database, doorbell: Doorbell(database: database, steady: clock.steady), clock: clock.wall,
            steady: clock.steady, lease: .seconds(15), retention: .seconds(60))
    }

    private func fileBytes(_ database: Database) -> Int {
        var status = stat()
        return stat(database.files.path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Inserts a task that ended with results of about 10 MB, whose time is over.
    private func insertEnded(_ database: Database) throws {
        try database.makeWriter(.relaxed).transaction { connection in
            let model = try ModelTable.key(
                of: ModelIdentity(model: "m", version: "v1", digest: "0"), output: ModelOutput(kind: .regression),
                in: connection)
            try connection.run(
                """
                INSERT INTO task (key, id, model, priority, status, input_state, input_bytes, rows, succeeded, chunks,
                    created_ms, completed_ms, results_until_ms)
                VALUES (1, zeroblob(16), ?, 'normal', 'completed', 'complete', 0, 40, 40, 40, 0, 0, 0)
                """, .integer(model))
            let results = (0..<40).map { position in
                StoredResult(
                    key: ChunkKey(task: 1, position: position), firstRow: position, rows: 1,
                    body: [UInt8](repeating: 1, count: 256 << 10))
            }
            try ResultTable.insert(results, in: connection)
        }
    }

    @Test func `rounds sweep what is over and give its space back to the disk`() throws {
        let database = try Database(path: folder.path + "/keeper.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        _ = try upkeep.checkpoint(isIdle: true)
        let before = fileBytes(database)
        try insertEnded(database)
        var round = KeeperRound()
        let logger = Logger(level: .error, now: { "" })
        try round.run(upkeep, logger: logger)
        #expect(fileBytes(database) > 9 << 20)
        for _ in 0..<150 { try round.run(upkeep, logger: logger) }
        #expect(database.files.logBytes == 0, "the log is cut when nothing is written")
        #expect(fileBytes(database) < before + 256 << 10)
        #expect(try database.check() == nil)
    }

    @Test func `rounds are rare while nothing is written, and often again at once`() throws {
        let database = try Database(path: folder.path + "/quiet.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        let writer = try database.makeWriter(.relaxed)
        var round = KeeperRound()
        let logger = Logger(level: .error, now: { "" })
        try writer.transaction { try Probe.write(in: $0) }
        try round.run(upkeep, logger: logger)
        #expect(round.pause == Limits.rescuePoll)
        for _ in 0..<3 { try round.run(upkeep, logger: logger) }
        #expect(round.pause == Limits.quietRescuePoll)
        try insertEnded(database)
        try round.run(upkeep, logger: logger)
        #expect(round.pause == Limits.rescuePoll)
    }

    /// A single attempt at the first quiet moment was all there was: a poll that read just then left 54 MB for good.
    @Test func `the log is cut though a reader stood in the way when all became quiet`() throws {
        let database = try Database(path: folder.path + "/held.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        var round = KeeperRound()
        let logger = Logger(level: .error, now: { "" })
        try insertEnded(database)
        try database.makeReaders().read { connection in
            _ = try connection.first("SELECT count(*) FROM task") { $0.int(0) }
            for _ in 0..<60 { try round.run(upkeep, logger: logger) }
            #expect(database.files.logBytes > 0)
        }
        for _ in 0..<60 { try round.run(upkeep, logger: logger) }
        #expect(database.files.logBytes == 0)
    }

    /// The log's file kept its greatest size while anything was written, so that uploads paused for a reader long gone.
    @Test func `a log that a reader made large shrinks while others write on`() throws {
        let database = try Database(path: folder.path + "/shrinks.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        let writer = try database.makeWriter(.relaxed)
        var round = KeeperRound()
        let logger = Logger(level: .error, now: { "" })
        try database.makeReaders().read { connection in
            _ = try connection.first("SELECT count(*) FROM task") { $0.int(0) }
            for number in 0..<80 {
                try writer.transaction {
                    try PayloadTable.insert(
                        ChunkKey(task: 1, position: number), body: [UInt8](repeating: 1, count: 512 << 10), in: $0)
                }
            }
        }
        #expect(database.files.logBytes > Limits.logKeptBytes)
        for _ in 0..<30 {
            try round.run(upkeep, logger: logger)
            try writer.transaction { try Probe.write(in: $0) }
        }
        #expect(database.files.logBytes <= Limits.logKeptBytes)
    }

    @Test func `one round stops every task whose deadline has passed, however many`() throws {
        let database = try Database(path: folder.path + "/many.db")
        try database.migrate()
        let count = 3 * Limits.sweptTasks + 1
        try database.makeWriter(.relaxed).transaction { connection in
            for number in 0..<count {
                var draft = TaskTable.Draft(
                    id: TaskID(bytes: [UInt8](repeating: UInt8(number), count: 16))!, owner: "local",
                    priority: .normal, createdAt: clock.wall.now)
                draft.deadline = clock.wall.now
                _ = try TaskTable.open(draft, model: 1, receiver: 1 << 32, in: connection)
            }
        }
        let upkeep = try makeUpkeep(database)
        var round = KeeperRound()
        for _ in 0..<4 { try round.run(upkeep, logger: Logger(level: .error, now: { "" })) }
        let expired = try database.makeWriter(.relaxed).read {
            try $0.first("SELECT count(*) FROM task WHERE status = 'expired'") { $0.int(0) }
        }
        #expect(expired == count)
    }
}
