internal import Core

/// Chooses the pause before a chunk is tried again: doubling, capped, and random over its whole length ("full jitter"),
/// so that chunks that failed together do not come back together.
struct Backoff {
    private static let first = Duration.milliseconds(500)

    /// - Parameters:
    ///   - attempts: runs that ended in an error so far, at least 1.
    ///   - share: of the longest pause, 0 to 1.
    static func pause(after attempts: Int, share: Double = .random(in: 0...1)) -> Duration {
        let longest = min(first * (1 << min(attempts - 1, 16)), Limits.backoff)
        return .milliseconds(Int64(Double(longest.wholeMilliseconds) * share))
    }
}
