internal import Core

/// Decides when a worker that has nothing to do gives freed memory back: soon, but not between any two requests.
struct WorkerRest {
    private let clock: SteadyClock
    private var isDue = true
    private var lastAt: Duration?

    init(clock: SteadyClock) { self.clock = clock }

    /// How long to wait for a ring.
    var pause: Duration { mayGiveBack ? Limits.memoryRest : Limits.safetyPoll }

    /// Notes that there was work.
    mutating func end() { isDue = true }

    /// Whether to give memory back after a wait in which nobody rang.
    mutating func giveBack() -> Bool {
        guard mayGiveBack else { return false }
        (isDue, lastAt) = (false, clock.now)
        return true
    }

    private var mayGiveBack: Bool {
        isDue && lastAt.map { clock.now - $0 >= Limits.memoryPause } ?? true
    }
}
