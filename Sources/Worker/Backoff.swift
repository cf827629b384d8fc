internal import Core

/// Chooses the pause before a chunk is tried again: doubling, capped, and random over its whole length ("full jitter"),
/// so that chunks that failed together do not come back together.
struct Backoff {
    private static let first = Duration.milliseconds(500)

    /// - Parameter attempts: runs that ended in an error so far, at least 1.
    static func pause(after attempts: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let longest = min(first * (1 << min(attempts - 1, 16)), Limits.backoff)
        return .milliseconds(Int64.random(in: 0...longest.wholeMilliseconds, using: &generator))
    }
}
