import Core
import Synchronization

/// Gives every request the id that finds it in the logs.
final class RequestIDs: Sendable {
    private let prefix: String
    private let count = Atomic<UInt64>(0)

    /// - Parameter seed: random, so that two processes never give the same id.
    init(seed: UInt64) { prefix = Hexadecimal.encode((0..<8).map { UInt8(truncatingIfNeeded: seed >> (56 - 8 * $0)) }) }

    /// The caller's own id where it is safe to echo into headers and logs, else the next of ours.
    func id(for headers: HTTPHeaders) -> String {
        if let theirs = headers.first("X-Request-ID"), Self.isSafe(theirs) { return theirs }
        return "\(prefix)-\(count.add(1, ordering: .relaxed).newValue)"
    }

    private static func isSafe(_ id: String) -> Bool {
        guard (1...Limits.requestIDBytes).contains(id.utf8.count) else { return false }
        return id.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }
}
