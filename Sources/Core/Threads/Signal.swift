/// Wakes one waiting thread: work may be there.
///
/// Raises that nobody has seen yet count as one.
///
/// A raise before the wait is kept, so a wake-up is never lost between "nothing to do" and "sleep".
package final class Signal: Sendable {
    private let isRaised = Monitor(false)

    package init() {}

    package func raise() {
        isRaised.change { $0 = true }
    }

    /// Waits for a raise and uses it up; one raise lets one waiter through.
    ///
    /// - Returns: whether it was raised; false when the time is over.
    @discardableResult
    package func wait(for limit: Duration) -> Bool {
        isRaised.wait(upTo: limit) { isRaised in
            guard isRaised else { return nil }
            isRaised = false
            return true
        } ?? false
    }
}
