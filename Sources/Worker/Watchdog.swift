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
        state.change { state in
            state.count += 1
            state.run = Run(number: state.count, deadline: deadline, predictor: predictor)
        }
        defer { state.change { $0.run = nil } }
        return try body()
    }

    /// Watches until it is closed.
    ///
    /// Blocks its thread.
    func run() {
        while let run = awaitRun() {
            let left = run.deadline - clock.now
            // Woken when the run has ended, or another has begun.
            let hasEnded: Bool? = state.wait(upTo: max(left, .milliseconds(1))) { state in
                state.isClosed || state.run?.number != run.number ? true : nil
            }
            if hasEnded == nil, clock.now >= run.deadline { end(run) }
        }
    }

    func close() { state.change { $0.isClosed = true } }

    private func awaitRun() -> Run? {
        while true {
            let found: Run?? = state.wait(upTo: .seconds(3_600)) { state in
                if state.isClosed { return .some(nil) }
                return state.run.flatMap { $0.isTold ? nil : .some($0) }
            }
            if let found { return found }
        }
    }

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
