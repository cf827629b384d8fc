internal import Core
internal import Glibc
internal import Synchronization

/// Ends waits for a file lock that last too long: `flock(2)` has no timeout, but a signal interrupts it.
///
/// One thread a process watches the deadlines. A signal that arrives just before the wait begins is lost, so the
/// thread sends it again until the waiter has answered.
final class GateAlarm: Sendable {
    static let shared = GateAlarm()

    /// A wait that is being watched.
    struct Armed: ~Copyable {
        fileprivate let deadline: Duration
        /// Whether the wait has lasted too long; a signal may also have come from elsewhere.
        var isDue: Bool { GateAlarm.now >= deadline }
    }

    private struct Wait: Sendable {
        let thread: pthread_t
        let deadline: Duration
    }

    private struct State {
        var waits: [Int: Wait] = [:]
        var nextKey = 0
        /// When the thread looks again by itself.
        var looksAt = Duration.zero
    }

    private let state = Mutex(State())
    private let wake = Signal()

    private init() {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { _ in }
        // Without SA_RESTART the interrupted call returns EINTR.
        action.sa_flags = 0
        sigaction(Self.signalNumber, &action, nil)
        let thread = ServiceThread(name: "gate-alarm") { [self] stop in
            while !stop.isRaised { wake.wait(for: ringDue()) }
        }
        // The thread lives as long as the process.
        _ = Unmanaged.passRetained(thread)
    }

    /// Runs a wait on this thread and interrupts it from the deadline on.
    func interruptingAfter(_ patience: Duration, _ body: (borrowing Armed) throws -> Void) throws {
        Self.unblock()
        let deadline = Self.now + patience
        let thread = pthread_self()
        let (key, isLate) = state.withLock { state in
            state.nextKey += 1
            state.waits[state.nextKey] = Wait(thread: thread, deadline: deadline)
            return (state.nextKey, deadline < state.looksAt)
        }
        // Under load every other commit waits here; all wait equally long, so that an earlier wait has set the thread's
        // time as a rule, and waking it for each would cost what the wait itself does.
        if isLate { wake.raise() }
        defer { state.withLock { _ = $0.waits.removeValue(forKey: key) } }
        try body(Armed(deadline: deadline))
    }

    /// Signals every waiter whose time has come; a waiter cannot leave meanwhile, so its thread is alive.
    ///
    /// - Returns: how long nothing has to be done.
    private func ringDue() -> Duration {
        state.withLock { state in
            let now = Self.now
            var pause = Duration.seconds(3_600)
            defer { state.looksAt = now + pause }
            for wait in state.waits.values {
                if wait.deadline <= now {
                    pthread_kill(wait.thread, Self.signalNumber)
                    pause = min(pause, .milliseconds(20))
                } else {
                    pause = min(pause, wait.deadline - now)
                }
            }
            return pause
        }
    }

    /// Lets the signal reach this thread: Dispatch blocks all signals on its own threads.
    private static func unblock() {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, signalNumber)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    /// A real-time signal that nothing else uses.
    private static let signalNumber: Int32 = 34 + 7

    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
