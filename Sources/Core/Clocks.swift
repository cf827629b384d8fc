/// A moment of the calendar, in whole milliseconds since 1970-01-01T00:00:00Z.
package struct WallTime: Sendable, Hashable, Comparable {
    package var milliseconds: Int64

    package init(milliseconds: Int64) { self.milliseconds = milliseconds }

    package static func < (left: WallTime, right: WallTime) -> Bool { left.milliseconds < right.milliseconds }

    package static func + (time: WallTime, duration: Duration) -> WallTime {
        WallTime(milliseconds: time.milliseconds + duration.wholeMilliseconds)
    }

    package static func - (time: WallTime, duration: Duration) -> WallTime {
        WallTime(milliseconds: time.milliseconds - duration.wholeMilliseconds)
    }

    package static func - (later: WallTime, earlier: WallTime) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }
}

/// Tells the time of day, which may jump either way: nothing that must be right hangs on it.
package struct WallClock: Sendable {
    private let read: @Sendable () -> WallTime

    package init(_ read: @escaping @Sendable () -> WallTime) { self.read = read }

    package var now: WallTime { read() }
}

/// Measures elapsed time: never jumps, never runs backwards, means nothing in another process.
package struct SteadyClock: Sendable {
    private let read: @Sendable () -> Duration

    /// - Parameter read: gives the time since some fixed moment.
    package init(_ read: @escaping @Sendable () -> Duration) { self.read = read }

    package var now: Duration { read() }
}

extension Duration {
    /// The duration in milliseconds, cut toward zero.
    package var wholeMilliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds, to the precision of a double.
    package var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
