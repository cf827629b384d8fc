import Core
import HTTP
import Synchronization
import TestSupport
import Testing

@Suite struct RationTests {
    /// The other end of a request, at a pace that a test sets.
    private final class Other: ShareHolder {
        let caller: String
        private let state: Mutex<(pace: Pace?, isGivenUp: Bool)>

        init(_ caller: String = "127.0.0.1", bytesPerSecond: Int? = nil, for time: Duration = .seconds(10)) {
            self.caller = caller
            let pace = bytesPerSecond.map { Pace(bytes: Int(Double($0) * time.inSeconds), time: time) }
            state = Mutex((pace, false))
        }

        var isGivenUp: Bool { state.withLock { $0.isGivenUp } }
        func pace(at now: Duration) -> Pace? { state.withLock { $0.pace } }
        func giveUp() { state.withLock { $0.isGivenUp = true } }
    }

    private let clock = ManualClock()
    private func ration(of amount: Int) -> Ration { Ration(of: amount, clock: clock.steady) }

    @Test func `what is held is bounded, and given back with its share`() {
        let ration = ration(of: 10)
        let (one, two) = (Other(), Other())
        var first: Share? = Share(of: ration, holder: one)
        let second = Share(of: ration, holder: two)
        #expect(first?.hold(6) == true)
        #expect(second.hold(4))
        #expect(!second.hold(5))
        #expect(ration.taken == 10, "what was refused changes nothing")
        #expect(first?.hold(2) == true)
        #expect(second.hold(8))
        first = nil
        #expect(ration.taken == 8)
        second.release()
        second.release()
        #expect(ration.taken == 0)
        #expect(second.hold(10))
    }

    @Test func `the slowest loses its share first, and nobody who keeps up`() {
        let ration = ration(of: 4)
        let others = [
            Other(bytesPerSecond: 2_000), Other(bytesPerSecond: 10), Other(bytesPerSecond: 1_000_000), Other(),
        ]
        let shares = others.map { Share(of: ration, holder: $0) }
        for share in shares { #expect(share.hold(1)) }
        let newcomers = (0..<3).map { _ in Other() }
        let wanted = newcomers.map { Share(of: ration, holder: $0) }
        #expect(wanted[0].hold(1))
        #expect(others.map(\.isGivenUp) == [false, true, false, false])
        #expect(wanted[1].hold(1))
        #expect(others.map(\.isGivenUp) == [true, true, false, false])
        #expect(!wanted[2].hold(1))
        shares[0].release()
        #expect(ration.taken == 4, "a share that was lost is not given back again")
    }

    @Test func `as many give way as are in the way`() {
        let ration = ration(of: 8)
        let others = (1...8).map { Other(bytesPerSecond: $0) }
        let shares = others.map { Share(of: ration, holder: $0) }
        for share in shares { #expect(share.hold(1)) }
        let large = Other()
        let share = Share(of: ration, holder: large)
        #expect(share.hold(3))
        #expect(others.map(\.isGivenUp) == [true, true, true, false, false, false, false, false])
    }

    /// They were cut off, and the one for whom it was done was refused all the same.
    @Test func `nobody gives way where all who are slow are not enough`() {
        let ration = ration(of: 8)
        let others = [Other(bytesPerSecond: 1), Other(bytesPerSecond: 2), Other()]
        let shares = others.map { Share(of: ration, holder: $0) }
        for (share, amount) in zip(shares, [1, 1, 6]) { #expect(share.hold(amount)) }
        let large = Other()
        let share = Share(of: ration, holder: large)
        #expect(!ration.hasRoom(for: 3) && ration.hasRoom(for: 2))
        #expect(!share.hold(3))
        #expect(others.map(\.isGivenUp) == [false, false, false])
        #expect(ration.taken == 8)
        #expect(share.hold(2))
        #expect(others.map(\.isGivenUp) == [true, true, false])
    }

    @Test func `who has only just begun is not slow`() {
        let ration = ration(of: 1)
        let other = Other(bytesPerSecond: 0, for: .milliseconds(1_900))
        let (held, wanted) = (Share(of: ration, holder: other), Share(of: ration, holder: nil))
        #expect(held.hold(1))
        #expect(!wanted.hold(1))
        #expect(!other.isGivenUp)
    }

    @Test func `a caller who holds half gets no more while another one waits`() {
        let ration = ration(of: 4)
        let greedy = (0..<5).map { _ in Other("192.0.2.1") }
        let shares = greedy.map { Share(of: ration, holder: $0) }
        for share in shares.prefix(4) { #expect(share.hold(1)) }
        let patient = Other("192.0.2.2")
        let wanted = Share(of: ration, holder: patient)
        #expect(!wanted.hold(1))
        shares[0].release()
        #expect(!shares[4].hold(1), "the other one was refused a moment ago")
        #expect(wanted.hold(1))
        shares[1].release()
        #expect(shares[4].hold(1), "nobody waits any more")
        shares[2].release()
        #expect(ration.taken == 3)
    }

    @Test func `a caller who does not come back holds up nobody for long`() {
        let ration = ration(of: 2)
        let greedy = (0..<3).map { _ in Other("192.0.2.1") }
        let shares = greedy.map { Share(of: ration, holder: $0) }
        for share in shares.prefix(2) { #expect(share.hold(1)) }
        let gone = Other("192.0.2.2")
        #expect(!Share(of: ration, holder: gone).hold(1))
        shares[0].release()
        #expect(!shares[2].hold(1))
        clock.advance(by: Limits.crowdedGrace)
        #expect(shares[2].hold(1))
    }
}
