internal import Core

/// The time that the keeper's retention goes by: the wall clock's, but never much faster than time passes.
///
/// A wall clock that is set forward by a year would have everything deleted within minutes. So this one follows it at twice
/// the pace of the steady clock at most: what would be deleted too early in a day is what is due in the next one. It goes
/// back whenever the wall clock does, and after a long stop of the whole service it is behind for as long again.
struct HouseClock {
    private let wall: WallClock
    private let steady: SteadyClock
    private var last: (time: WallTime, wall: WallTime, steady: Duration)

    /// - Parameter time: where the keeper before left off; nil for the wall clock's own time.
    init(from time: WallTime?, wall: WallClock, steady: SteadyClock) {
        self.wall = wall
        self.steady = steady
        let now = wall.now
        last = (min(time ?? now, now), now, steady.now)
    }

    /// The time now.
    mutating func now() -> WallTime {
        look()
        return last.time
    }

    /// Moves on, and finds out whether the wall clock was set meanwhile.
    ///
    /// - Returns: by how much, later or, below zero, earlier; nil when it went on as it should.
    @discardableResult
    mutating func look() -> Duration? {
        let (wall, steady) = (wall.now, steady.now)
        let passed = steady - last.steady
        let jump = (wall - last.wall) - passed
        last = (min(wall, last.time + passed * Self.pace), wall, steady)
        return jump > Limits.clockJump || jump < .zero - Limits.clockJump ? jump : nil
    }

    private static let pace = 2
}
