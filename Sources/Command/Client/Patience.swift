internal import Core
internal import Foundation
internal import HTTP

/// How long something that may pass is tried again: with growing pauses, for a bounded time without getting further.
struct Patience {
    private static let firstPause = 0.1
    private static let longestPause = 5.0
    /// The most seconds that the service may say with Retry-After.
    static let longestSaid = 30

    private var failures = 0
    private var begin = Duration.monotonic
    /// The reason that was told last.
    private var told = ""

    /// Notes that something got further.
    mutating func progressed() { (failures, begin) = (0, .monotonic) }

    /// Pauses before the next try, and says once for each reason why.
    ///
    /// The pauses are not all alike, so that many clients do not come back in one moment.
    ///
    /// - Parameter limit: the time that the caller gave; no pause outlasts it.
    /// - Throws: the error, when it will not pass or the time is over.
    mutating func pause(after error: ClientError, within limit: WaitLimit = WaitLimit(seconds: nil)) throws {
        guard error.mayPass else { throw error }
        let left = Limits.clientRetry - (.monotonic - begin)
        guard left > .zero else {
            throw error.adding("Trying again for \(Int(Limits.clientRetry.inSeconds)) s did not help.")
        }
        if error.message != told {
            told = error.message
            if Console.isWatched { Console.writeProgress("") }
            Console.writeError(
                "\(error.message) Trying again for up to \(Int(left.inSeconds.rounded(.up))) s; Ctrl-C ends that.")
        }
        let grown = min(Self.longestPause, Self.firstPause * pow(2, Double(failures))) * .random(in: 0.5...1.5)
        failures += 1
        let longest = min(left, limit.left ?? left).inSeconds
        Thread.sleep(forTimeInterval: max(0, min(longest, max(grown, error.retryAfter?.inSeconds ?? 0))))
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
    /// After this long a person wonders whether anything happens.
    private static let tellsAfter = Duration.seconds(5)

    private var moved = -1
    private var since = Duration.monotonic
    private var isTold = false

    /// - Parameter reasons: asks the service why, once for each standstill.
    mutating func check(moved: Int, reasons: () -> String = { "" }) throws {
        if moved != self.moved { (self.moved, since, isTold) = (moved, .monotonic, false) }
        let still = Duration.monotonic - since
        guard still < Limits.clientStall else { throw ClientError(HTTPClientError.timedOut) }
        guard still >= Self.tellsAfter, !isTold else { return }
        isTold = true
        if Console.isWatched { Console.writeProgress("") }
        let reasons = reasons()
        Console.writeError(
            "The service takes no more for now\(reasons.isEmpty ? "" : " (\(reasons))"); waiting for it up to "
                + "\(Int(Limits.clientStall.inSeconds)) s. Ctrl-C ends that.")
    }
}
