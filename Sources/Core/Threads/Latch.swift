/// Is raised once and stays raised: an event that everybody may wait for, in threads and in async code.
package final class Latch: Sendable {
    private enum State {
        /// Nobody has raised it; holds what is to run then.
        case low([@Sendable () -> Void])
        /// For ever.
        case raised
    }

    private let state = Monitor(State.low([]))

    package init() {}

    package var isRaised: Bool {
        state.withLock { if case .raised = $0 { true } else { false } }
    }

    /// Raises it, wakes every waiter and runs what ``whenRaised(_:)`` was given; again does nothing.
    package func raise() {
        let actions: [@Sendable () -> Void] = state.change { state in
            guard case .low(let actions) = state else { return [] }
            state = .raised
            return actions
        }
        for action in actions { action() }
    }

    /// Blocks this thread until it is raised.
    ///
    /// - Returns: whether it is raised; false when the time is over.
    @discardableResult
    package func wait(for limit: Duration) -> Bool {
        state.wait(upTo: limit) { if case .raised = $0 { true } else { nil } } ?? false
    }

    /// Runs an action once it is raised: on the raising thread, or here and now when it is raised already.
    ///
    /// Meant for waking something that waits elsewhere, such as `stop.whenRaised { mailbox.close() }`. Keep it short.
    package func whenRaised(_ action: @escaping @Sendable () -> Void) {
        let isRaised = state.withLock { state in
            guard case .low(let actions) = state else { return true }
            state = .low(actions + [action])
            return false
        }
        if isRaised { action() }
    }

    /// Suspends until it is raised; a cancelled task goes on waiting.
    package func raised() async {
        await withCheckedContinuation { continuation in
            whenRaised { continuation.resume() }
        }
    }
}

/// Asks a thread or a service to end what it does, soon and in order.
package typealias StopSignal = Latch
