import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Verdicts on models: one trial for all processes, remembered for as long as it tells something.
@Suite struct VerdictConformance {
    typealias Engine = QueueHarness.Engine

    private static let broken = ModelVerdict.broken(code: .modelHangs, message: "it hangs")
    private static let refused = ModelVerdict.broken(code: .selfTestFailed, message: "row 3")
    private static let limit = Duration.seconds(60)

    private func verdicts(_ queue: QueueHarness, _ boot: String) throws -> Verdicts {
        try Verdicts(database: queue.database, boot: boot, clock: queue.clock.wall)
    }

    private func register(_ queue: QueueHarness, _ boot: String) throws -> Owner {
        try Owner(.worker, boot: boot, models: [], database: queue.database, at: queue.clock.wall.now)
    }

    @Test(arguments: Engine.allCases)
    func `a model is tried by one process, and the others learn what came of it`(engine: Engine) throws {
        let queue = try QueueHarness(engine)
        let owners = [try register(queue, "a1"), try register(queue, "b2")]
        let (first, second) = (try verdicts(queue, "a1"), try verdicts(queue, "b2"))
        #expect(try first.find("00", under: "c") == nil)
        #expect(try first.begin("00", under: "c", limit: Self.limit) == nil)
        #expect(try second.find("00", under: "c") == .triedElsewhere)
        #expect(try second.begin("00", under: "c", limit: Self.limit) == .triedElsewhere)
        // Its own trial that it did not end, such as one that an error of the database cut short, it may begin again.
        #expect(try first.begin("00", under: "c", limit: Self.limit) == nil)
        try first.record(.good, of: "00", under: "c")
        let known = Verdicts.Known.tried(.good, remaining: Limits.goodVerdictLife)
        #expect(try second.find("00", under: "c") == known)
        #expect(try second.begin("00", under: "c", limit: Self.limit) == known)
        withExtendedLifetime(owners) {}
    }

    @Test(arguments: Engine.allCases)
    func `a trial ends with its process, and with its time`(engine: Engine) throws {
        let queue = try QueueHarness(engine)
        let owner = try register(queue, "a1")
        let (first, second) = (try verdicts(queue, "a1"), try verdicts(queue, "b2"))
        #expect(try first.begin("00", under: "c", limit: Self.limit) == nil)
        queue.clock.advance(by: Self.limit + Limits.trialGrace - .milliseconds(1))
        #expect(try second.find("00", under: "c") == .triedElsewhere)
        queue.clock.advance(by: .milliseconds(1))
        #expect(try second.find("00", under: "c") == nil)
        #expect(try first.begin("00", under: "c", limit: Self.limit) == nil)
        #expect(try second.find("00", under: "c") == .triedElsewhere)
        try owner.leave()
        #expect(try second.begin("00", under: "c", limit: Self.limit) == nil)
        try second.leave("00", under: "c")
        #expect(try first.find("00", under: "c") == nil)
    }

    @Test(arguments: Engine.allCases)
    func `a broken verdict is forgotten after its time, one of danger later than one with a reason`(engine: Engine)
        throws
    {
        let queue = try QueueHarness(engine)
        let verdicts = try verdicts(queue, "a1")
        try verdicts.record(Self.broken, of: "00", under: "c")
        try verdicts.record(Self.refused, of: "11", under: "c")
        #expect(try verdicts.find("11", under: "c") == .tried(Self.refused, remaining: Limits.refusedVerdictLife))
        queue.clock.advance(by: Limits.refusedVerdictLife)
        #expect(try verdicts.find("11", under: "c") == nil)
        let rest = Limits.brokenVerdictLife - Limits.refusedVerdictLife
        #expect(try verdicts.find("00", under: "c") == .tried(Self.broken, remaining: rest))
        queue.clock.advance(by: rest)
        #expect(try verdicts.find("00", under: "c") == nil)
        // What is past its time goes when the next trial begins.
        #expect(try verdicts.begin("22", under: "c", limit: Self.limit) == nil)
        let rows = try queue.database.makeReaders().read {
            try $0.first("SELECT count(*) FROM verdict") { $0.int(0) }
        }
        #expect(rows == 1)
    }

    @Test(arguments: Engine.allCases)
    func `a verdict holds for a digest and for conditions, and not longer when the clock is set back`(engine: Engine)
        throws
    {
        let queue = try QueueHarness(engine)
        let verdicts = try verdicts(queue, "a1")
        try verdicts.record(Self.broken, of: "00", under: "onnxruntime 1.31.1")
        #expect(try verdicts.find("00", under: "onnxruntime 1.31.2") == nil)
        #expect(try verdicts.find("01", under: "onnxruntime 1.31.1") == nil)
        queue.clock.jumpWall(by: .seconds(-3_600 * 24))
        #expect(try verdicts.find("00", under: "onnxruntime 1.31.1") == nil)
    }

    /// A worker that had just begun made rows look as if nobody would ever run them.
    @Test(arguments: Engine.allCases)
    func `rows of a model that a worker is still to load are not stranded`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        try await queue.submit([[1]])
        let owner = try Owner(
            .worker, boot: "a1", models: [.init(awaited: QueueHarness.identity)], database: queue.database,
            at: queue.clock.wall.now)
        func stranded() throws -> [StrandedRows] {
            try queue.database.makeReaders().read { try StrandedRows.all(models: queue.models, in: $0) }
        }
        let workforce = Workforce(readers: queue.database.makeReaders())
        #expect(try stranded().isEmpty)
        let awaited = try #require(try workforce.models().first)
        #expect(awaited.ready == 0 && awaited.broken?.contains("is being tried") == true)
        // Another worker serves it: nothing is broken.
        let other = try Owner(
            .worker, boot: "b2", models: [.init(identity: QueueHarness.identity)], database: queue.database,
            at: queue.clock.wall.now)
        #expect(try workforce.models().first?.broken == nil && workforce.models().first?.ready == 1)
        try owner.note(.init(identity: QueueHarness.identity, broken: .modelHangs, message: "it hangs"))
        #expect(try workforce.models().first?.broken == "it hangs")
        try other.leave()
        #expect(try stranded().count == 1)
        try owner.note(.init(identity: QueueHarness.identity))
        #expect(try stranded().isEmpty && workforce.models().count == 1)
    }
}
