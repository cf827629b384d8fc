internal import Core

/// Decides which of many failures of the same kind are worth a line: the first, one each ``Limits/toldTrouble``, and the end of them.
///
/// Comes from: what is tried again and again. Goes to: whoever writes the log.
package struct Outage: Sendable {
    private var began: Duration?
    private var said = Duration.zero

    package init() {}

    /// Notes a failure.
    ///
    /// - Parameter now: the steady clock.
    /// - Returns: whether it is worth a line.
    package mutating func failed(at now: Duration) -> Bool {
        if began != nil, now - said < Limits.toldTrouble { return false }
        began = began ?? now
        said = now
        return true
    }

    /// Notes a success.
    ///
    /// - Returns: how long it failed before; nil when it did not.
    package mutating func succeeded(at now: Duration) -> Duration? {
        defer { began = nil }
        return began.map { now - $0 }
    }
}
