package import Core
internal import Synchronization

/// Reads the database for async code, on a few threads of its own: a read blocks its thread, and tasks must not.
///
/// Several threads, so that a slow read holds up no other. Long ones, such as a list that looks at many tasks, have half of
/// them at most.
///
/// Comes from: handlers that run as tasks. Goes to: ``Readers``. Server threads read directly where nothing can wait.
package final class ReadingThreads: Sendable {
    /// How long a read takes as a rule.
    package enum Kind: Sendable {
        /// A task, or a page of results.
        case short
        /// Many tasks, or a look at the whole service.
        case long
    }

    private struct Job: Sendable {
        let kind: Kind
        let since: Duration
        /// Runs the read, or answers with the error that it is given.
        let run: @Sendable ((any Error)?) -> Void
    }

    private struct State {
        /// In the order in which they came.
        var jobs: [Job] = []
        /// One for each thread that rests.
        var idle: [Signal] = []
        var runningLong = 0
        var isClosed = false
    }

    /// What a thread does next.
    private enum Step {
        case run(Job)
        case rest
        case end
    }

    private let state = Mutex(State())
    private let clock: SteadyClock
    private let mostLong: Int

    /// - Parameters:
    ///   - clock: by which a read that waited too long is given up.
    ///   - count: threads that will run.
    package init(clock: SteadyClock, count: Int = Limits.readingThreads) {
        self.clock = clock
        mostLong = max(1, count / 2)
    }

    /// The number of reads that wait.
    package var waitingCount: Int { state.withLock { $0.jobs.count } }

    /// Runs a read on one of the threads.
    ///
    /// - Throws: what the read throws, ``StoreError/tooManyWaiting``, ``StoreError/readOverdue`` when no thread was free
    ///   for ``Limits/readWait``, or ``StoreError/closed``.
    package func read<Value: Sendable>(
        _ kind: Kind = .short, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let job = Job(kind: kind, since: clock.now) { refusal in
                if let refusal { return continuation.resume(throwing: refusal) }
                continuation.resume(with: Result { try body() })
            }
            var bell: Signal?
            let refusal: StoreError? = state.withLock { state in
                if state.isClosed { return .closed }
                if state.jobs.count >= Limits.waitingReads { return .tooManyWaiting }
                state.jobs.append(job)
                bell = state.idle.popLast()
                return nil
            }
            if let refusal { return continuation.resume(throwing: refusal) }
            bell?.raise()
        }
    }

    /// Serves reads until told to stop, then those that still wait; several threads may run it.
    ///
    /// It blocks its thread.
    package func run(until stop: StopSignal) {
        stop.whenRaised { [self] in close() }
        let bell = Signal()
        while true {
            switch state.withLock({ nextStep(&$0, bell) }) {
            case .run(let job): run(job)
            case .rest: bell.wait(for: Limits.restPoll)
            case .end: return
            }
        }
    }

    private func run(_ job: Job) {
        job.run(clock.now - job.since > Limits.readWait ? StoreError.readOverdue : nil)
        if job.kind == .long { state.withLock { $0.runningLong -= 1 } }
    }

    private func nextStep(_ state: inout State, _ bell: Signal) -> Step {
        let mayRunLong = state.runningLong < mostLong
        if let index = state.jobs.firstIndex(where: { mayRunLong || $0.kind == .short }) {
            let job = state.jobs.remove(at: index)
            if job.kind == .long { state.runningLong += 1 }
            return .run(job)
        }
        // What is left are long reads, which the thread that runs one takes next.
        if state.isClosed { return .end }
        if !state.idle.contains(where: { $0 === bell }) { state.idle.append(bell) }
        return .rest
    }

    private func close() {
        let bells = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for bell in bells { bell.raise() }
    }
}
