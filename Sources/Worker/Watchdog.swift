internal import Core
internal import Inference

/// Ends runs that take too long: the model is told to stop, and when it does not, the process ends.
///
/// A thread that is stuck in a library cannot be ended, and an abandoned one would go on in the dark. So the process goes, in
/// the way that its claim needs, and whoever supervises it starts another.
final class Watchdog: Sendable {
    private struct Run {
        let number: Int
        let deadline: Duration
        let predictor: any Predictor
        var isTold = false
    }

    private struct State {
        var run: Run?
        var count = 0
        var isClosed = false
        /// When the watching thread looks next; it sleeps until then, and is woken only for what is due earlier.
        var looksAt = Duration.zero

        var isDueEarlier: Bool { run.map { !$0.isTold && $0.deadline < looksAt } ?? false }
    }

    private let clock: SteadyClock
    private let grace: Duration
    private let state = Monitor(State())
    private let onHang: @Sendable () -> Void
    private let onTrouble: @Sendable (any Error) -> Void

    /// - Parameters:
    ///   - grace: how long a run may go on after it was told to stop.
    ///   - onHang: what is done about a run that does not stop when it is told to; it ends the process.
    ///   - onTrouble: told of a model that cannot even be told to stop.
    init(
        clock: SteadyClock, grace: Duration = Limits.terminationGrace, onHang: @escaping @Sendable () -> Void,
        onTrouble: @escaping @Sendable (any Error) -> Void
    ) {
        self.clock = clock
        self.grace = grace
        self.onHang = onHang
        self.onTrouble = onTrouble
    }

    /// Runs a closure that may take as long as the model says.
    func watch<Value>(_ predictor: any Predictor, _ body: () throws -> Value) throws -> Value {
        let deadline = clock.now + predictor.timeout
        let isDueEarlier = state.withLock { state in
            state.count += 1
            state.run = Run(number: state.count, deadline: deadline, predictor: predictor)
            return state.isDueEarlier
        }
        // Runs last milliseconds and may take seconds: as a rule the thread looks early enough for this one too.
        if isDueEarlier { state.change { _ in } }
        defer {
            let wasTold = state.withLock { state in
                defer { state.run = nil }
                return state.run?.isTold ?? false
            }
            if wasTold { state.change { _ in } }
        }
        return try body()
    }

    /// Watches until it is closed.
    ///
    /// Blocks its thread.
    func run() {
        while let run = awaitDue() { end(run) }
    }

    func close() { state.change { $0.isClosed = true } }

    /// Waits for a run whose time is over.
    ///
    /// - Returns: nil when the watch is closed.
    private func awaitDue() -> Run? {
        while true {
            let now = clock.now
            let (run, isClosed) = state.withLock { state in
                let run = state.run.flatMap { $0.isTold ? nil : $0 }
                state.looksAt = run?.deadline ?? now + Self.rest
                return (run, state.isClosed)
            }
            if isClosed { return nil }
            if let run, run.deadline <= now { return run }
            let pause = run.map { max($0.deadline - now, .milliseconds(1)) } ?? Self.rest
            _ = state.wait(upTo: pause) { $0.isClosed || $0.isDueEarlier ? true : nil }
        }
    }

    /// How long the thread sleeps while nothing runs.
    private static let rest = Duration.seconds(3_600)

    /// Tells a run to stop, and after a grace does without it.
    private func end(_ run: Run) {
        state.change { if $0.run?.number == run.number { $0.run?.isTold = true } }
        do { try run.predictor.terminate() } catch { onTrouble(error) }
        let hasEnded: Bool? = state.wait(upTo: grace) { state in
            state.isClosed || state.run?.number != run.number ? true : nil
        }
        if hasEnded == nil { onHang() }
    }
}
