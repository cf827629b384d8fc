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

    /// Rounds of a keeper whose clock moves only between them.
    private final class Rounds {
        private let clock: ManualClock
        private var round: DutyRound

        init(_ upkeep: Upkeep, _ clock: ManualClock, duties: [Duty]? = nil) {
            self.clock = clock
            let house = House(
                upkeep: upkeep, logger: Logger(level: .error, now: { "" }), log: LogCare(clock: clock.steady))
            round = DutyRound(
                duties ?? Duty.all(beat: .seconds(1_000_000)), house: house, clock: clock.steady)
        }

        /// The pause after the last round.
        private(set) var passed = Duration.zero

        func run(_ count: Int = 1) throws {
            for _ in 0..<count {
                try round.run()
                passed = max(round.pause, .milliseconds(1))
                clock.advance(by: passed)
            }
        }
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
        let rounds = Rounds(upkeep, clock)
        try rounds.run()
        #expect(fileBytes(database) > 9 << 20)
        try rounds.run(150)
        #expect(database.files.logBytes == 0, "the log is cut when nothing is written")
        #expect(fileBytes(database) < before + 256 << 10)
        #expect(try database.check() == nil)
    }

    @Test func `rounds are rare while nothing is written, and often again at once`() throws {
        let database = try Database(path: folder.path + "/quiet.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        let writer = try database.makeWriter(.relaxed)
        let rounds = Rounds(upkeep, clock)
        try writer.transaction { try Probe.write(in: $0) }
        try rounds.run()
        #expect(rounds.passed == Limits.rescuePoll)
        try rounds.run(3)
        #expect(rounds.passed == Limits.quietRescuePoll)
        try insertEnded(database)
        try rounds.run()
        #expect(rounds.passed < Limits.quietRescuePoll)
    }

    /// A single attempt at the first quiet moment was all there was: a poll that read just then left 54 MB for good.
    @Test func `the log is cut though a reader stood in the way when all became quiet`() throws {
        let database = try Database(path: folder.path + "/held.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        let rounds = Rounds(upkeep, clock)
        try insertEnded(database)
        try database.makeReaders().read { connection in
            _ = try connection.first("SELECT count(*) FROM task") { $0.int(0) }
            try rounds.run(60)
            #expect(database.files.logBytes > 0)
        }
        try rounds.run(60)
        #expect(database.files.logBytes == 0)
    }

    /// The log's file kept its greatest size while anything was written, so that uploads paused for a reader long gone.
    @Test func `a log that a reader made large shrinks while others write on`() throws {
        let database = try Database(path: folder.path + "/shrinks.db")
        try database.migrate()
        let upkeep = try makeUpkeep(database)
        let writer = try database.makeWriter(.relaxed)
        let rounds = Rounds(upkeep, clock)
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
            try rounds.run()
            try writer.transaction { try Probe.write(in: $0) }
        }
        #expect(database.files.logBytes <= Limits.logKeptBytes)
    }

    @Test func `every task whose deadline has passed is stopped within a few steps, however many`() throws {
        let database = try Database(path: folder.path + "/many.db")
        try database.migrate()
        let count = 3 * Limits.sweptTasks + 1
        try database.makeWriter(.relaxed).transaction { connection in
            for number in 0..<count {
                let id = (0..<16).map { UInt8(truncatingIfNeeded: $0 == 0 ? number >> 8 : number) }
                var draft = TaskTable.Draft(
                    id: TaskID(bytes: id)!, owner: "local", priority: .normal, createdAt: clock.wall.now)
                draft.deadline = clock.wall.now
                _ = try TaskTable.open(draft, model: 1, receiver: 1 << 32, in: connection)
            }
        }
        let rounds = Rounds(try makeUpkeep(database), clock)
        try rounds.run(20)
        let expired = try database.makeWriter(.relaxed).read {
            try $0.first("SELECT count(*) FROM task WHERE status = 'expired'") { $0.int(0) }
        }
        #expect(expired == count)
    }

    private struct Broken: Error {}

    /// One that threw ended all that came behind it, round after round.
    @Test func `a duty that fails or has much to do holds up no other, and is tried again`() throws {
        let database = try Database(path: folder.path + "/duties.db")
        try database.migrate()
        let (failing, busy, urgent) = (Counter(), Counter(), Counter())
        let duties = [
            Duty(name: "failing", period: .milliseconds(500)) { _ in
                failing.count += 1
                throw Broken()
            },
            Duty(name: "busy", period: .seconds(60)) { [clock] _ in
                busy.count += 1
                clock.advance(by: .milliseconds(5))
                return true
            },
            Duty(name: "urgent", period: .milliseconds(100)) { _ in
                urgent.count += 1
                return false
            },
        ]
        let rounds = Rounds(try makeUpkeep(database), clock, duties: duties)
        let start = clock.steady.now
        while clock.steady.now - start < .seconds(10) { try rounds.run() }
        #expect((18...21).contains(failing.count))
        #expect((90...101).contains(urgent.count))
        // It works for a quarter of the time.
        #expect((450...501).contains(busy.count))
    }

    private final class Counter: @unchecked Sendable {  // @unchecked because one thread counts
        var count = 0
    }

    @Test func `a keeper whose term is over does nothing more, and says so`() throws {
        let database = try Database(path: folder.path + "/term.db")
        try database.migrate()
        let first = Rounds(try makeUpkeep(database), clock, duties: Duty.all(beat: .seconds(2)))
        try first.run()
        let second = Rounds(try makeUpkeep(database), clock)
        clock.advance(by: .seconds(10))
        #expect(throws: QueueError.termLost) { try first.run(100) }
        try second.run(100)
    }
}
