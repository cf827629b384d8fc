internal import Core
internal import Foundation
internal import HTTP

/// How long something that may pass is tried again: with growing pauses, for a bounded time without getting further.
struct Patience {
    private static let firstPause = 0.1
    private static let longestPause = 5.0

    private var failures = 0
    private var begin = Duration.monotonic

    /// Notes that something got further.
    mutating func progressed() { (failures, begin) = (0, .monotonic) }

    /// Pauses before the next try.
    ///
    /// The pauses are not all alike, so that many clients do not come back in one moment.
    ///
    /// - Throws: the error, when it will not pass or the time is over.
    mutating func pause(after error: ClientError) throws {
        guard error.mayPass, Duration.monotonic - begin < Limits.clientRetry else { throw error }
        let pause = min(Self.longestPause, Self.firstPause * pow(2, Double(failures)))
        failures += 1
        Thread.sleep(forTimeInterval: pause * .random(in: 0.5...1.5))
    }
}

/// When a caller's patience ends.
struct WaitLimit {
    private let end: Duration?

    /// - Parameter seconds: from now on; nil for no end.
    init(seconds: Double?) { end = seconds.map { .monotonic + .seconds($0) } }

    /// The time that is left; nil for no end.
    var left: Duration? { end.map { $0 - .monotonic } }

    var isOver: Bool { left.map { $0 <= .zero } ?? false }
}

/// Notices that nothing moves any more.
struct StallWatch {
    private var moved = -1
    private var since = Duration.monotonic

    mutating func check(moved: Int) throws {
        if moved != self.moved { (self.moved, since) = (moved, .monotonic) }
        guard Duration.monotonic - since < Limits.clientStall else { throw ClientError(HTTPClientError.timedOut) }
    }
}
