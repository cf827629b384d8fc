package import Core
import Synchronization

/// Time that moves only when a test says so.
package final class ManualClock: Sendable {
    private struct State {
        var wall = WallTime(milliseconds: 1_700_000_000_000)
        var steady = Duration.zero
    }

    private let state = Mutex(State())

    package init() {}

    package var wall: WallClock { WallClock { [self] in state.withLock { $0.wall } } }
    package var steady: SteadyClock { SteadyClock { [self] in state.withLock { $0.steady } } }

    /// Lets time pass on both clocks.
    package func advance(by duration: Duration) {
        state.withLock {
            $0.wall = $0.wall + duration
            $0.steady += duration
        }
    }

    /// Sets the wall clock forward or back while no time passes.
    package func jumpWall(by duration: Duration) {
        state.withLock { $0.wall = $0.wall + duration }
    }
}
