package import Core
internal import Synchronization

/// Knows whether this process can accept durably, by doing it: a probe is a real commit.
///
/// One probe runs at a time, whoever asks. A database that does not answer holds up the probe, not the answer.
package final class Readiness: Sendable {
    /// Why this process cannot accept.
    package struct Problem: Sendable, Equatable {
        /// What to do about it, for people.
        package let message: String
        package let code: ErrorCode

        /// Whether a bound is reached: nothing is broken, and what was accepted goes on.
        var isOfRoom: Bool { code == .queueFull || code == .diskLow }
    }

    private struct State {
        /// When the last probe began, and what it found.
        var last: (began: Duration, problem: Problem?)?
        /// When the probe that runs now began; nil while none does.
        var running: Duration?
        /// Those who wait for it.
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let probe: @Sendable () async throws -> Void
    private let clock: SteadyClock
    private let state = Mutex(State())
    private let stopping: StopSignal

    /// How long a probe is believed: health checks come often, and from many.
    private static let lifetime = Duration.seconds(1)
    private static let silence = Problem(
        message: "The database has not answered for \(Limits.probeWait.components.seconds) seconds.", code: .storageBusy
    )

    /// - Parameters:
    ///   - stopping: raised when the process begins to stop.
    ///   - probe: writes, and returns when what it wrote is on disk.
    package init(clock: SteadyClock, stopping: StopSignal, probe: @escaping @Sendable () async throws -> Void) {
        self.probe = probe
        self.clock = clock
        self.stopping = stopping
    }

    /// Why this process cannot accept; empty when it can.
    ///
    /// It waits for ``Limits/probeWait`` at most.
    package func problems() async -> [Problem] {
        if stopping.isRaised { return [Problem(message: "The process is stopping.", code: .shuttingDown)] }
        let now = clock.now
        let (known, begins) = state.withLock { state -> ([Problem]?, Bool) in
            if let last = state.last, now - last.began < Self.lifetime {
                return ([last.problem].compactMap(\.self), false)
            }
            if let running = state.running { return (now - running >= Limits.probeWait ? [Self.silence] : nil, false) }
            state.running = now
            return (nil, true)
        }
        if let known { return known }
        if begins { begin(at: now) }
        await wait()
        return state.withLock { state in
            guard let last = state.last, state.running == nil else { return [Self.silence] }
            return [last.problem].compactMap(\.self)
        }
    }

    /// Waits until the probe that runs ends, or has taken too long.
    private func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if state.running != nil { state.waiting.append(continuation) }
                return state.running == nil
            }
            if isOver { continuation.resume() }
        }
    }

    /// Runs a probe and its time limit in tasks of their own: whoever asked may be answered before the probe ends.
    private func begin(at time: Duration) {
        Task {
            let problem = await problem()
            state.withLock { state in
                state.last = (time, problem)
                state.running = nil
            }
            letGo()
        }
        Task {
            // try? because a cancelled pause is only a shorter one.
            try? await Task.sleep(for: Limits.probeWait)
            if state.withLock({ $0.running == time }) { letGo() }
        }
    }

    private func letGo() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    private func problem() async -> Problem? {
        do {
            try await probe()
            return nil
        } catch {
            let coded = error as? any CodedError
            return Problem(
                message: coded?.message ?? "The database cannot be written.", code: coded?.code ?? .storageFailed)
        }
    }
}
