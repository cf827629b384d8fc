import Core
import TestSupport

@testable import Queue
@testable import Store

/// Many callers, workers and keepers over one queue, driven by one thread as a seed says.
///
/// Every write may fail; processes die, hang and leave; the wall clock jumps. Whatever happens is compared with what a
/// bystander knows: a row that was accepted comes out once, or its task says why not.
final class Simulation {
    let bench: Bench
    var tasks: [SimulatedTask] = []
    var keys: [SimulatedKey] = []
    var streams: [SimulatedStream] = []
    var receivers: [SimulatedProcess] = []
    var workers: [SimulatedWorker] = []
    /// Processes that are gone and not yet declared dead.
    var gone: [SimulatedProcess] = []
    var keeper: Upkeep
    /// Chunks that wait for a time after an error.
    var parkedUntil: [ChunkKey: WallTime] = [:]
    /// Runs of a chunk that ended in an error; nil where a write failed without telling its outcome.
    var attempts: [ChunkKey: Int?] = [:]
    /// Times that a chunk's worker was lost.
    var losses: [ChunkKey: Int] = [:]
    /// Claims that failed: they may hold chunks, of which nobody knows which, until their worker claims again or is lost.
    var failedClaims = 0
    private(set) var faults: [String] = []
    private var actions: [String] = []
    private let seed: UInt64
    private var generator: SeededGenerator
    /// The latest time of day that there ever was.
    var latestWall = WallTime(milliseconds: 0)
    /// Whether writes fail now and then.
    var isFaulty = true

    init(_ engine: Engine = .sqlite, seed: UInt64) async throws {
        self.seed = seed
        bench = try await Bench(engine, seed: seed)
        generator = SeededGenerator(seed: seed)
        keeper = try bench.makeUpkeep()
        for _ in 0..<2 { receivers.append(try makeProcess(.api)) }
        for _ in 0..<int(in: 2...8) { try startWorker() }
    }

    /// Runs the simulation and lets everything run out at its end.
    ///
    /// - Returns: what went wrong, with the last actions; nil when nothing did.
    func run(steps: Int) async throws -> String? {
        for step in 0..<steps {
            latestWall = max(latestWall, now)
            try await act()
            check(try bench.invariantFaults())
            if !faults.isEmpty { return report(after: step) }
        }
        try await runOut()
        return faults.isEmpty ? nil : report(after: steps)
    }

    private func report(after step: Int) -> String {
        "SIBYL_SEED=\(seed), step \(step): \(faults.prefix(5))\n" + actions.suffix(50).joined(separator: "\n")
    }

    private func act() async throws {
        switch int(in: 0..<100) {
        case 0..<34: try await actAsCaller()
        case 34..<68: try await actAsWorker()
        case 68..<86: try await actAsKeeper()
        default: try await passTime()
        }
    }

    // MARK: Chance

    func int(in range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }
    func int(in range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &generator) }
    func chance(_ percent: Int) -> Bool { int(in: 0..<100) < percent }
    func pick<Value>(_ values: [Value]) -> Value? { values.isEmpty ? nil : values[int(in: 0..<values.count)] }

    // MARK: Notes

    func note(_ action: String) { actions.append(action) }
    func fault(_ text: String) { faults.append(text) }
    func check(_ found: [String]) { faults += found }
    func expect(_ condition: Bool, _ text: @autoclosure () -> String) { if !condition { fault(text()) } }

    // MARK: Writing

    /// What became of a verb.
    enum Outcome<Value> {
        case done(Value)
        /// The database failed; in doubt, what was written may be there all the same.
        case failed(inDoubt: Bool)
        /// The queue said no.
        case refused(any Error)
    }

    /// Calls a verb, one statement of which may fail.
    func attempt<Value>(_ name: String, _ verb: () async throws -> Value) async -> Outcome<Value> {
        if isFaulty, chance(8) {
            bench.plan.arm(bench.plan.kinds[int(in: 0..<bench.plan.kinds.count)], at: int(in: 0...14))
        }
        do {
            let value = try await verb()
            let hit = bench.plan.disarm()
            note("\(name): done")
            expect(hit?.kind.isHealed ?? true, "\(name) passed over an error at \(hit?.sql ?? "")")
            return .done(value)
        } catch {
            let hit = bench.plan.disarm()
            note("\(name): \(hit.map { "\($0.kind) at \($0.sql.prefix(40))" } ?? "\(error)")")
            guard StoreError.isPassing(error) else { return .refused(error) }
            expect(hit != nil, "\(name) failed by itself: \(error)")
            return .failed(inDoubt: hit?.kind == .uncertain)
        }
    }

    // MARK: Processes

    func makeProcess(_ kind: Owner.Kind) throws -> SimulatedProcess {
        SimulatedProcess(try bench.makeOwner(kind), at: bench.clock.steady.now)
    }

    func startWorker() throws {
        let process = try makeProcess(.worker)
        workers.append(SimulatedWorker(process, leases: try bench.makeLeases(of: process.owner!)))
    }

    /// Lets a process leave in order; one that cannot ends all the same, and is found dead.
    func leave(_ process: SimulatedProcess) async {
        switch await attempt("\(process.key) leaves", { try process.owner!.leave() }) {
        case .done, .failed(inDoubt: true): process.hasLeft = true
        case .failed(inDoubt: false): break
        case .refused(let error): fault("a process could not leave: \(error)")
        }
    }

    var processes: [SimulatedProcess] { receivers + workers.map(\.process) + gone }
}
