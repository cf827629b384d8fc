import Core
import Synchronization

/// What the body of one request holds of the memory that a server has for bodies that it keeps whole.
///
/// The first `Limits.smallBodyBytes` do not count: as many as there may be connections fit in memory, and large bodies must
/// not shut out small ones.
final class BodyShare: Sendable {
    private let share: Share
    private let received = Atomic<Int>(0)

    init(of ration: Ration, holder: any ShareHolder) { share = Share(of: ration, holder: holder) }

    /// Counts bytes that are held from now on.
    ///
    /// - Throws: ``HTTPError/bodiesFull``.
    func add(_ count: Int) throws {
        let all = received.add(count, ordering: .relaxed).newValue
        guard all > Limits.smallBodyBytes else { return }
        guard share.hold(all - Limits.smallBodyBytes) else { throw HTTPError.bodiesFull }
    }

    /// Gives all of it back: the bytes are no longer held, whatever still comes of the body.
    func release() {
        received.store(0, ordering: .relaxed)
        share.release()
    }
}
