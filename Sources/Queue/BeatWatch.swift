internal import Core

/// Decides whose beat has stood still for too long, by one steady clock: no wall clock, no skew between machines.
struct BeatWatch {
    private struct Sight {
        let beat: Int64
        let since: Duration
    }

    private let lease: Duration
    private let clock: SteadyClock
    private var sights: [Int64: Sight] = [:]

    init(lease: Duration, clock: SteadyClock) {
        self.lease = lease
        self.clock = clock
    }

    /// Looks at the beats as they are now.
    ///
    /// - Parameter owners: every owner's key and beat.
    /// - Returns: the owners whose beat has not moved for a lease since this watch first saw it.
    mutating func standing(_ owners: [(key: Int64, beat: Int64)]) -> Set<Int64> {
        let now = clock.now
        var next: [Int64: Sight] = [:]
        var standing: Set<Int64> = []
        for (key, beat) in owners {
            let sight = sights[key].flatMap { $0.beat == beat ? $0 : nil } ?? Sight(beat: beat, since: now)
            next[key] = sight
            if now - sight.since >= lease { standing.insert(key) }
        }
        sights = next
        return standing
    }

    /// How long a beat has stood at the last look.
    func stood(_ key: Int64) -> Duration? { sights[key].map { clock.now - $0.since } }

    mutating func forget(_ key: Int64) { sights[key] = nil }
}
