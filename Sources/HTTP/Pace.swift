import Core

/// How many bytes the other end of a connection moved, and in how much time in which it could have.
package struct Pace: Sendable, Equatable {
    package var bytes: Int
    package var time: Duration

    package init(bytes: Int, time: Duration) {
        self.bytes = bytes
        self.time = time
    }

    package var bytesPerSecond: Double { Double(bytes) / max(time.inSeconds, 1e-9) }

    /// Whether it has been slow for so long that it gives way where others wait.
    package var isTooSlowForCrowd: Bool {
        time >= Limits.crowdedGrace && bytesPerSecond < Double(Limits.crowdedRate)
    }
}

/// Measures the pace of the other end, over the last moments in which the next step was its own.
///
/// Time in which we have nothing for it, or take nothing, does not count.
struct PaceMeter {
    /// The moments before those that are being measured: a burst is remembered for as long as one measure lasts.
    private var last = Pace(bytes: 0, time: .zero)
    private var current = Pace(bytes: 0, time: .zero)
    /// Time since the last byte moved.
    private var rest = Duration.zero
    private var runningSince: Duration?

    /// Begins to count time: the next step is the other end's.
    mutating func start(at now: Duration) { if runningSince == nil { runningSince = now } }

    /// Ends counting time: the next step is ours.
    mutating func stop(at now: Duration) {
        settle(at: now)
        runningSince = nil
    }

    mutating func moved(_ bytes: Int, at now: Duration) {
        settle(at: now)
        guard bytes > 0 else { return }
        current.bytes += bytes
        rest = .zero
    }

    /// The pace as it is now; nil while the next step is ours.
    func pace(at now: Duration) -> Pace? {
        guard let runningSince else { return nil }
        let running = max(.zero, now - runningSince)
        // What moved before a long rest says nothing of now.
        if rest + running >= Limits.crowdedGrace { return Pace(bytes: 0, time: rest + running) }
        let time = current.time + running
        // A whole measure says enough; a part of one needs the one before.
        if time >= Limits.crowdedGrace { return Pace(bytes: current.bytes, time: time) }
        return Pace(bytes: last.bytes + current.bytes, time: last.time + time)
    }

    private mutating func settle(at now: Duration) {
        if let since = runningSince {
            current.time += max(.zero, now - since)
            rest += max(.zero, now - since)
            runningSince = now
        }
        if current.time >= Limits.crowdedGrace {
            last = current
            current = Pace(bytes: 0, time: .zero)
        }
    }
}
