import Foundation

/// How long the tests of real processes go on: a small share with every run, the long one when `SIBYL_SOAK=1` asks for it.
enum Soak {
    static let isAsked = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1"

    static func count(_ share: Int, soak: Int) -> Int { isAsked ? soak : share }
}
