import Core
import Synchronization

/// Bounds the bytes of bodies that a server holds whole.
///
/// The first `Limits.smallBodyBytes` of each do not count: as many as there may be connections fit in memory, and large
/// bodies must not shut out small ones.
///
/// Comes from: the server. Goes to: a ``BodyShare`` for each request.
final class BodyBudget: Sendable {
    private let held = Atomic<Int>(0)
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// - Returns: false when there is no room.
    fileprivate func take(_ bytes: Int) -> Bool {
        if held.add(bytes, ordering: .relaxed).newValue <= limit { return true }
        giveBack(bytes)
        return false
    }

    fileprivate func giveBack(_ bytes: Int) { held.subtract(bytes, ordering: .relaxed) }
}

/// What one request holds of the budget, until nobody holds the request any more.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let received = Atomic<Int>(0)
    private let taken = Atomic<Int>(0)

    init(of budget: BodyBudget) { self.budget = budget }

    deinit { budget.giveBack(taken.load(ordering: .relaxed)) }

    /// Counts bytes that are held from now on.
    ///
    /// - Throws: ``HTTPError/bodiesFull``.
    func add(_ count: Int) throws {
        let all = received.add(count, ordering: .relaxed).newValue
        let counted = min(count, max(0, all - Limits.smallBodyBytes))
        guard counted > 0 else { return }
        guard budget.take(counted) else { throw HTTPError.bodiesFull }
        taken.add(counted, ordering: .relaxed)
    }
}
