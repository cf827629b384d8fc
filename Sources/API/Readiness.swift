package import Core
package import Queue
internal import Synchronization

/// Knows whether this process can accept durably, by doing it: a probe is a real commit.
package final class Readiness: Sendable {
    /// What the last probe found.
    private struct Probe {
        let at: Duration
        let problem: String?
    }

    private let submissions: Submissions
    private let clock: SteadyClock
    private let last = Mutex<Probe?>(nil)
    private let stopping: StopSignal

    /// How long a probe is believed: health checks come often, and from many.
    private static let lifetime = Duration.seconds(1)

    /// - Parameter stopping: raised when the process begins to stop.
    package init(submissions: Submissions, clock: SteadyClock, stopping: StopSignal) {
        self.submissions = submissions
        self.clock = clock
        self.stopping = stopping
    }

    /// Why this process cannot accept; empty when it can.
    package func problems() async -> [String] {
        if stopping.isRaised { return ["The process is stopping."] }
        let now = clock.now
        if let probe = last.withLock({ $0 }), now - probe.at < Self.lifetime {
            return [probe.problem].compactMap(\.self)
        }
        let problem = await probe()
        last.withLock { $0 = Probe(at: now, problem: problem) }
        return [problem].compactMap(\.self)
    }

    private func probe() async -> String? {
        do {
            try await submissions.probe()
            return nil
        } catch {
            return (error as? any CodedError)?.message ?? "The database cannot be written."
        }
    }
}
