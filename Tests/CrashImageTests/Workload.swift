import Core
import Store
import TestSupport

@testable import Queue

/// What callers, workers and the keeper do until the power goes: several hundred transactions, drawn by a seed.
///
/// All happens in one order that the seed repeats, so that a moment of the trace can be found again.
final class Workload {
    let trace: PowerTrace
    let ledger: Ledger
    let service: Service
    var generator: SeededGenerator
    let receiver: Owner
    let upkeep: Upkeep
    /// Answers the workload's own questions.
    let lookup: Writer
    var workers: [Service.Worker]
    /// Claims whose worker has not answered yet.
    var running: [(worker: Service.Worker, claim: Claim)] = []
    var uploads: [Upload] = []
    /// The tasks as the ledger numbers them.
    var known: [TaskID: Int] = [:]
    /// Where checkpoints and vacuums are in the trace.
    private(set) var houseKeeping: [Range<Int>] = []
    private let folder: TemporaryFolder

    /// An upload under way.
    struct Upload {
        let task: Int
        let request: Submissions.Request
        let receiving: Submissions.Receiving
        let isResumable: Bool
        var sentChunks = 0
    }

    /// - Parameter lie: the end of the paths of which the disk claims to have flushed them when it has not.
    init(seed: UInt64, isEarly: Bool = false, lie: String? = nil) throws {
        trace = PowerTrace()
        folder = TemporaryFolder()
        ledger = Ledger(trace, isEarly: isEarly)
        generator = SeededGenerator(seed: seed)
        service = try Service(Database(path: folder.path + "/power.db", vfs: trace.name), bootPrefix: "a")
        receiver = try service.makeOwner(.api)
        workers = [try service.makeWorker(), try service.makeWorker()]
        upkeep = try service.makeUpkeep()
        lookup = try service.database.makeWriter(.relaxed)
        // Readers open inside the gate; the one that looks while a writer flushes must be open by then.
        _ = try service.tasks.waitingRows()
        if let lie { trace.lie(about: lie) }
    }

    private static let pause = Duration.milliseconds(20)

    /// How far the clock has gone.
    private(set) var elapsed = Duration.zero

    func run(steps: Int) async throws {
        for step in 0..<steps {
            service.clock.advance(by: Self.pause)
            elapsed += Self.pause
            try await act(Int.random(in: 0..<100, using: &generator))
            // Old results go twice, which leaves free pages.
            if step == steps / 3 || step == steps * 2 / 3 { try sweep() }
        }
        service.stop()
    }

    /// Lets results grow old, and nobody's beat stand still.
    func jump(_ time: Duration) {
        service.clock.jumpWall(by: time)
        elapsed += time
    }

    private func act(_ draw: Int) async throws {
        switch draw {
        case ..<12: try await submit([1], key: nil)
        case ..<16: try await submit([1], key: "key \(trace.position)")
        case ..<24: try await submit(sizes(upTo: 6, rows: 40), key: nil)
        case ..<26: try await submit(sizes(upTo: 8, rows: 1_000), key: "key \(trace.position)")
        case ..<30: try await submitTogether()
        case ..<42: try await upload()
        case ..<70: try work()
        case ..<74: try await stopOne()
        case ..<77: try await purgeOne()
        case ..<82: try keepQueue()
        case ..<84: try loseWorker()
        case ..<88: try await failOnce()
        case ..<94: try houseKeep { _ = try upkeep.checkpoint(isIdle: false) }
        case ..<95: try houseKeep { _ = try upkeep.checkpoint(isIdle: true) }
        case ..<96: try houseKeep { try checkpointBesideReader() }
        default: try houseKeep { try upkeep.releaseSpace(isIdle: true) }
        }
    }

    func sizes(upTo chunks: Int, rows: Int) -> [Int] {
        (0..<Int.random(in: 1...chunks, using: &generator)).map { _ in Int.random(in: 1...rows, using: &generator) }
    }

    func houseKeep(_ body: () throws -> Void) throws {
        let start = trace.position
        try body()
        if trace.position > start { houseKeeping.append(start..<trace.position) }
    }

    /// A reader that needs the log lets a checkpoint copy a part of it only.
    private func checkpointBesideReader() throws {
        try service.database.makeWriter(.relaxed).read { connection in
            _ = try connection.first("SELECT count(*) FROM task") { $0.int(0) }
            _ = try upkeep.checkpoint(isIdle: true)
        }
    }
}
