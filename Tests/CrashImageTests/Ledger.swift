import Core
import Synchronization

/// What callers were told, and when: the promises that a power loss must not break.
final class Ledger: Sendable {
    /// What is known of a task from a moment on.
    enum Fact: Sendable {
        /// The task was about to be sent; it may be there from here on, but need not.
        case sent
        /// So many of the task's chunks were answered for, the task itself with them.
        case accepted(chunks: Int)
        /// The whole input was answered for.
        case sealed
        /// The results of some chunks were seen.
        case scored(positions: Set<Int>)
        /// The task was seen at its end.
        case ended(PredictionTask.Status, PredictionTask.RowCounts)
        /// The task may be stopped from here on: chunks of it may go.
        case mayStop
        /// The stop was answered for.
        case stopped
        /// The task's rows and results may go from here on.
        case mayBeSwept
        /// Their deletion was answered for.
        case purged
    }

    /// A task as its caller knows it.
    struct Draft: Sendable {
        let id: TaskID
        /// All chunks that are sent, in order.
        let chunks: [[Float]]
        /// Whether the task comes in one transaction: all of it is there, or nothing.
        let isWhole: Bool
        /// The caller's own records of each chunk, where they are to be kept.
        let records: [Records]?
        let key: String?
    }

    /// A task with all facts about it, oldest first.
    struct Entry: Sendable {
        let draft: Draft
        /// Each with the trace's position.
        var facts: [(at: Int, fact: Fact)] = []
    }

    private let entries = Mutex<[Entry]>([])
    private let trace: PowerTrace
    /// Whether promises are noted before the deed instead of after it; a check that lets that pass is worth nothing.
    let isEarly: Bool

    init(_ trace: PowerTrace, isEarly: Bool = false) {
        self.trace = trace
        self.isEarly = isEarly
    }

    var all: [Entry] { entries.withLock { $0 } }

    func begin(_ draft: Draft) -> Int {
        let position = trace.position
        return entries.withLock {
            $0.append(Entry(draft: draft, facts: [(position, .sent)]))
            return $0.count - 1
        }
    }

    func note(_ fact: Fact, of task: Int) {
        let position = trace.position
        entries.withLock { $0[task].facts.append((position, fact)) }
    }

    /// Notes what a caller is told once a deed is done.
    func promising<Value>(_ fact: Fact, of task: Int, _ deed: () async throws -> Value) async throws -> Value {
        if isEarly { note(fact, of: task) }
        let value = try await deed()
        if !isEarly { note(fact, of: task) }
        return value
    }
}

extension Ledger.Entry {
    /// What is known at a moment of the trace.
    func promises(at position: Int) -> Promises {
        var promises = Promises()
        for (at, fact) in facts where at <= position {
            switch fact {
            case .sent: promises.wasSent = true
            case .accepted(let chunks): promises.chunks = max(promises.chunks ?? 0, chunks)
            case .sealed: promises.isSealed = true
            case .scored(let positions): promises.scored.formUnion(positions)
            case .ended(let status, let counts): promises.end = promises.end ?? (status, counts)
            case .mayStop: promises.mayStop = true
            case .stopped: promises.isStopped = true
            case .mayBeSwept: promises.mayBeSwept = true
            case .purged: promises.isPurged = true
            }
        }
        return promises
    }
}

/// What one task must be like, and what it may be like.
struct Promises {
    var wasSent = false
    /// nil when the task was not answered for.
    var chunks: Int?
    var isSealed = false
    var scored: Set<Int> = []
    var end: (status: PredictionTask.Status, counts: PredictionTask.RowCounts)?
    var mayStop = false
    var isStopped = false
    var mayBeSwept = false
    var isPurged = false
}
