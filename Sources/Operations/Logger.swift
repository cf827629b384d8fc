internal import Core
internal import Glibc

/// How much a log line matters.
package enum LogLevel: String, Sendable, CaseIterable, Comparable {
    case debug
    case info
    case notice
    case warning
    case error

    private var rank: Int {
        switch self {
        case .debug: 0
        case .info: 1
        case .notice: 2
        case .warning: 3
        case .error: 4
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool { left.rank < right.rank }
}

/// Writes one line an event, `key=value` all through: a constant event, and what varies in keys.
///
/// Lines never hold input text.
package struct Logger: Sendable {
    private let level: LogLevel
    private let context: [String: String]
    private let now: @Sendable () -> String
    private let sink: @Sendable (String) -> Void

    /// - Parameters:
    ///   - level: the least level that is written.
    ///   - context: stands in every line, such as which process speaks.
    ///   - now: the time as it is written.
    ///   - sink: takes a whole line with its end; the default writes it to standard error at once, so that lines of
    ///     several threads and processes never mix.
    package init(
        level: LogLevel, context: [String: String] = [:], now: @escaping @Sendable () -> String,
        sink: @escaping @Sendable (String) -> Void = Logger.standardError
    ) {
        self.level = level
        self.context = context
        self.now = now
        self.sink = sink
    }

    /// Whether lines of a level are written: for those whose values cost something to make.
    package func writes(_ level: LogLevel) -> Bool { level >= self.level }

    package func log(_ level: LogLevel, _ event: String, _ values: [String: String] = [:]) {
        guard writes(level) else { return }
        var line = "time=\(now()) level=\(level.rawValue) event=\(Self.quoted(event))"
        for (key, value) in context.merging(values, uniquingKeysWith: { $1 }).sorted(by: { $0.key < $1.key }) {
            line += " \(key)=\(Self.quoted(value))"
        }
        sink(line + "\n")
    }

    package func debug(_ event: String, _ values: [String: String] = [:]) { log(.debug, event, values) }
    package func info(_ event: String, _ values: [String: String] = [:]) { log(.info, event, values) }
    package func notice(_ event: String, _ values: [String: String] = [:]) { log(.notice, event, values) }
    package func warning(_ event: String, _ values: [String: String] = [:]) { log(.warning, event, values) }
    package func error(_ event: String, _ values: [String: String] = [:]) { log(.error, event, values) }

    /// A value that stands for itself, or in quotes with everything escaped that could end it.
    private static func quoted(_ value: String) -> String {
        let isPlain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x3D }
        if isPlain { return value }
        return "\""
            + value.unicodeScalars.map { scalar in
                switch scalar {
                case "\"", "\\": "\\\(scalar)"
                case "\n": "\\n"
                case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): " "
                case "\u{2028}", "\u{2029}": " "
                default: String(scalar)
                }
            }.joined() + "\""
    }

    /// Writes a line to standard error in one call.
    package static let standardError: @Sendable (String) -> Void = { line in
        var line = line
        line.withUTF8 { bytes in _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count) }
    }
}
