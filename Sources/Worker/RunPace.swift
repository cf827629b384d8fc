internal import Core

/// Decides how long runs take: short ones while rows come for which somebody waits, longer ones while only tables wait.
///
/// A run cannot be interrupted, so that its length is what a single row waits; but each has its commit, so that short ones
/// cost a table some of its speed, for nothing where nobody else is there.
struct RunPace {
    private let clock: SteadyClock
    private var lastSmall: Duration?

    init(clock: SteadyClock) { self.clock = clock }

    /// How long the next run should take.
    var runTime: Duration {
        guard let lastSmall, clock.now - lastSmall < Limits.sharedTime else { return Limits.runTime }
        return Limits.sharedRunTime
    }

    /// Notes what was claimed.
    mutating func note(_ rowsOfFirstChunk: Int) {
        if rowsOfFirstChunk <= Limits.smallChunkRows { lastSmall = clock.now }
    }
}
