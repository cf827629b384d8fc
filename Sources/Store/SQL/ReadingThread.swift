package import Core

/// Reads the database for async code, on a thread of its own: SQLite blocks, and tasks must not.
///
/// Comes from: handlers that run as tasks. Goes to: ``Readers``. Server threads read directly.
package final class ReadingThread: Sendable {
    private struct State {
        var jobs: [@Sendable () -> Void] = []
        var isClosed = false
    }

    private let state = Monitor(State())

    package init() {}

    /// The number of reads that wait.
    package var waitingCount: Int { state.withLock { $0.jobs.count } }

    /// Runs a read on the thread.
    ///
    /// - Throws: what the read throws, ``StoreError/tooManyWaiting``, or ``StoreError/closed``.
    package func read<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            let refusal: StoreError? = state.change { state in
                if state.isClosed { return .closed }
                if state.jobs.count >= Limits.waitingReads { return .tooManyWaiting }
                state.jobs.append { continuation.resume(with: Result { try body() }) }
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// Serves reads until told to stop, then those that still wait.
    ///
    /// It blocks its thread.
    package func run(until stop: StopSignal) {
        stop.whenRaised { [state] in state.change { $0.isClosed = true } }
        while let jobs = nextJobs() {
            for job in jobs { job() }
        }
    }

    /// What waits; nil when nothing will ever wait again.
    private func nextJobs() -> [@Sendable () -> Void]? {
        while true {
            let taken: [@Sendable () -> Void]?? = state.wait(upTo: .seconds(3_600)) { state in
                if state.jobs.isEmpty { return state.isClosed ? .some(nil) : nil }
                defer { state.jobs = [] }
                return .some(state.jobs)
            }
            if let taken { return taken }
        }
    }
}
