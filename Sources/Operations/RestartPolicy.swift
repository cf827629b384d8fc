/// Decides when a process that has ended is started again.
package struct RestartPolicy: Sendable {
    /// What to do about an ended process.
    package enum Action: Sendable, Equatable {
        /// Start it again after a pause.
        case restart(after: Duration)
        /// It will never run as it was told to: stop everything.
        case giveUp
    }

    private var quickEnds = 0

    private static let firstPause = Duration.milliseconds(200)
    private static let longestPause = Duration.seconds(10)
    /// A process that ran this long did not fail at its start.
    private static let longRun = Duration.seconds(30)

    package init() {}

    /// - Parameters:
    ///   - exitCode: what the process ended with.
    ///   - lived: how long it ran.
    package mutating func ended(exitCode: Int32, after lived: Duration) -> Action {
        if exitCode == UsageError.exitCode { return .giveUp }
        if lived >= Self.longRun { quickEnds = 0 }
        defer { quickEnds += 1 }
        return .restart(after: min(Self.firstPause * (1 << min(quickEnds, 10)), Self.longestPause))
    }
}
