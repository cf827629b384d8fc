import Core

@testable import Queue
@testable import Store

/// A task as a bystander knows it: what was promised of it, and what was seen.
final class SimulatedTask {
    let id: TaskID
    /// The rows that were accepted, in order.
    var numbers: [Float]
    /// The rows that a worker gave up.
    var givenUp: Set<Int> = []
    /// Whether all rows were accepted.
    var isSealed = true
    var isResumable = false
    var isHeld = false
    var notBefore: WallTime?
    var deadline: WallTime?
    /// When its upload was last gone on with.
    var touchedAt: WallTime?
    /// What a caller, the time or a death allow it to end in.
    var mayBeCancelled = false
    var mayExpire = false
    var mayBreak = false
    var mayBeSwept = false
    var isPurged = false
    /// Whether its chunks may run by now.
    var mayRun = true
    /// What was visible: it must stay so.
    var seen: [Int: Float?] = [:]
    var seenEnd: PredictionTask.Status?
    var seenRevision = 0

    init(_ id: TaskID, _ numbers: [Float]) {
        self.id = id
        self.numbers = numbers
    }
}

/// A key and the submission that was accepted under it.
final class SimulatedKey {
    let text: String
    let body: UInt8
    var task: SimulatedTask
    var createdAt: WallTime
    var mayBeForgotten = false

    init(_ text: String, body: UInt8, task: SimulatedTask, at time: WallTime) {
        (self.text, self.body, self.task, createdAt) = (text, body, task, time)
    }
}

/// A process: it beats, hangs, dies or leaves.
final class SimulatedProcess {
    let key: Int64
    /// Nil when it has died, so that its lock is free.
    var owner: Owner?
    var isHanging = false
    var hasLeft = false
    var isDeclaredDead = false
    var lastBeat: Duration

    init(_ owner: Owner, at time: Duration) {
        self.owner = owner
        key = owner.key
        lastBeat = time
    }

    var isWorking: Bool { owner != nil && !isHanging && !hasLeft && !isDeclaredDead }
}

/// A worker with the chunks that it believes to hold.
final class SimulatedWorker {
    final class Held {
        var claim: Claim
        /// Whether a write that would have ended a lease may have passed.
        var isInDoubt = false

        init(_ claim: Claim) { self.claim = claim }
    }

    let process: SimulatedProcess
    let leases: Leases
    var held: [Held] = []

    init(_ process: SimulatedProcess, leases: Leases) {
        self.process = process
        self.leases = leases
    }
}

/// One sender of a task's rows.
final class SimulatedStream {
    enum Standing {
        /// It may send.
        case current
        /// Another has taken over, or its process is gone: it can send nothing.
        case stale
        /// A write failed without telling its outcome.
        case unknown
    }

    let task: SimulatedTask
    let receiving: Submissions.Receiving
    let process: SimulatedProcess
    let key: SimulatedKey?
    var standing = Standing.current
    /// Whether it failed, so that its process now tries to let go of it.
    var isEnding = false

    init(
        _ task: SimulatedTask, _ receiving: Submissions.Receiving, _ process: SimulatedProcess,
        key: SimulatedKey? = nil
    ) {
        (self.task, self.receiving, self.process, self.key) = (task, receiving, process, key)
    }
}
