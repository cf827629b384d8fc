package import Core
import Synchronization

/// The other end of a request that holds a share of something scarce.
package protocol ShareHolder: AnyObject, Sendable {
    /// Whose share it is: until callers have keys, the address of the other end.
    var caller: String { get }

    /// How fast the other end has done its part lately; nil while it has none to do.
    func pace(at now: Duration) -> Pace?

    /// Ends the request for the sake of others.
    func giveUp()
}

/// Divides a bounded amount, of bytes or of places, among requests so that nobody keeps others out.
///
/// When all of it is taken, those who are slowest lose their shares first. On this machine all callers have one address, so
/// that pace alone tells them apart; elsewhere a caller who holds half of the amount gets no more while another one waits.
///
/// Comes from: the server, or whoever has places to give. Goes to: a ``Share`` for each request.
package final class Ration: Sendable {
    private struct Holding {
        weak var holder: (any ShareHolder)?
        let caller: String
        var amount: Int
    }

    private struct State {
        var taken = 0
        var holdings: [ObjectIdentifier: Holding] = [:]
        var takenBy: [String: Int] = [:]
        /// The caller who was refused last, and until when that counts as waiting.
        var waiting: (caller: String, until: Duration)?
    }

    private let amount: Int
    private let clock: SteadyClock
    private let state = Mutex(State())

    package init(of amount: Int, clock: SteadyClock) {
        self.amount = amount
        self.clock = clock
    }

    /// How much is taken.
    package var taken: Int { state.withLock { $0.taken } }

    /// Whether there is room for this much, if need be in place of those who are too slow; it may be too late when it is used.
    package func hasRoom(for amount: Int) -> Bool {
        let now = clock.now
        return state.withLock { tooSlow($0, but: nil, inTheWayOf: amount, at: now) != nil }
    }

    /// Whether more than half is taken: time to be modest.
    var isCrowded: Bool { state.withLock { $0.taken > amount / 2 } }

    /// Sets what a share holds.
    ///
    /// - Returns: false when there is not that much left, even without those who are too slow; the share stays as it was.
    fileprivate func set(_ share: Share, to amount: Int) -> Bool {
        let (isGiven, slow) = state.withLock { state in decide(share, amount, &state) }
        for holder in slow { holder.giveUp() }
        return isGiven
    }

    private func decide(_ share: Share, _ wanted: Int, _ state: inout State) -> (Bool, [any ShareHolder]) {
        let key = ObjectIdentifier(share)
        let growth = wanted - (state.holdings[key]?.amount ?? 0)
        guard growth > 0 else {
            change(key, share, by: growth, &state)
            return (true, [])
        }
        let now = clock.now
        let hasMuch = state.takenBy[share.caller, default: 0] >= amount / 2
        if hasMuch, let waiting = state.waiting, waiting.caller != share.caller, now < waiting.until {
            return (false, [])
        }
        guard let slow = tooSlow(state, but: key, inTheWayOf: growth, at: now) else {
            if !hasMuch { state.waiting = (share.caller, now + Limits.crowdedGrace) }
            return (false, [])
        }
        for victim in slow { remove(victim.key, &state) }
        if state.waiting?.caller == share.caller { state.waiting = nil }
        change(key, share, by: growth, &state)
        return (true, slow.map(\.holder))
    }

    /// The slowest of those who are too slow for a crowd, as many as must go to make room; nil when all are not enough.
    private func tooSlow(
        _ state: State, but own: ObjectIdentifier?, inTheWayOf growth: Int, at now: Duration
    ) -> [(key: ObjectIdentifier, holder: any ShareHolder)]? {
        var missing = state.taken + growth - amount
        guard missing > 0 else { return [] }
        let slow = state.holdings.compactMap {
            key, holding -> (key: ObjectIdentifier, holding: Holding, speed: Double)? in
            guard key != own, let pace = holding.holder?.pace(at: now), pace.isTooSlowForCrowd else { return nil }
            return (key, holding, pace.bytesPerSecond)
        }
        var victims: [(key: ObjectIdentifier, holder: any ShareHolder)] = []
        for (key, holding, _) in slow.sorted(by: { $0.speed < $1.speed }) {
            guard missing > 0 else { break }
            guard let holder = holding.holder else { continue }
            victims.append((key, holder))
            missing -= holding.amount
        }
        return missing > 0 ? nil : victims
    }

    private func change(_ key: ObjectIdentifier, _ share: Share, by growth: Int, _ state: inout State) {
        guard growth != 0 else { return }
        var holding =
            state.holdings[key] ?? Holding(holder: share.holder, caller: share.caller, amount: 0)
        holding.amount += growth
        state.holdings[key] = holding.amount == 0 ? nil : holding
        count(growth, of: holding.caller, &state)
    }

    fileprivate func giveBack(_ share: Share) {
        state.withLock { remove(ObjectIdentifier(share), &$0) }
    }

    private func remove(_ key: ObjectIdentifier, _ state: inout State) {
        guard let holding = state.holdings.removeValue(forKey: key) else { return }
        count(-holding.amount, of: holding.caller, &state)
    }

    private func count(_ growth: Int, of caller: String, _ state: inout State) {
        state.taken += growth
        let own = state.takenBy[caller, default: 0] + growth
        state.takenBy[caller] = own == 0 ? nil : own
    }
}

/// What one request holds of a ration.
package final class Share: Sendable {
    private let ration: Ration
    private let isUsed = Atomic<Bool>(false)
    fileprivate let caller: String
    fileprivate weak let holder: (any ShareHolder)?

    /// - Parameter holder: who loses it first when it is slow; nil for one who must never lose it.
    package init(of ration: Ration, holder: (any ShareHolder)?) {
        self.ration = ration
        caller = holder?.caller ?? ""
        self.holder = holder
    }

    deinit { release() }

    /// Holds this much from now on, in place of what was held before.
    ///
    /// - Returns: false when it is not to be had; what was held before stays.
    package func hold(_ amount: Int) -> Bool {
        if amount <= 0, !isUsed.load(ordering: .relaxed) { return true }
        isUsed.store(true, ordering: .relaxed)
        return ration.set(self, to: max(0, amount))
    }

    /// Whether others hold so much that it is time to be modest.
    package var isCrowded: Bool { ration.isCrowded }

    /// Gives all of it back.
    package func release() { if isUsed.load(ordering: .relaxed) { ration.giveBack(self) } }
}
