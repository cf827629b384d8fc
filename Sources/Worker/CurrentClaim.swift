internal import Core
internal import Queue
internal import Synchronization

/// Remembers what a worker runs now, for the thread that must give it back when the run hangs.
final class CurrentClaim: Sendable {
    private let claim = Mutex<Claim?>(nil)

    func begin(_ claim: Claim) { self.claim.withLock { $0 = claim } }
    func end() { claim.withLock { $0 = nil } }

    /// The claim that runs; nil when none does.
    var value: Claim? { claim.withLock { $0 } }
}
