/// Writes the text format of Prometheus, version 0.0.4:
/// <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>.
package struct MetricText {
    /// The media type of the whole text.
    package static let mediaType = "text/plain; version=0.0.4; charset=utf-8"

    package private(set) var bytes: [UInt8] = []

    package init() {}

    /// Begins a metric: all its samples must follow.
    package mutating func begin(_ metric: Metric) {
        line("# HELP \(metric.name) \(Self.escaped(metric.meaning, quotes: false))")
        line("# TYPE \(metric.name) \(metric.kind.rawValue)")
    }

    /// Writes one sample of a metric.
    ///
    /// - Parameters:
    ///   - suffix: what follows the metric's name, such as `_bucket`.
    ///   - labels: as ``labels(_:_:)`` gives them.
    package mutating func sample(_ metric: Metric, suffix: String = "", labels: String = "", _ value: Int) {
        line("\(metric.name)\(suffix)\(labels) \(value)")
    }

    /// Writes one sample of a metric.
    package mutating func sample(_ metric: Metric, suffix: String = "", labels: String = "", _ value: Double) {
        line("\(metric.name)\(suffix)\(labels) \(Self.number(value))")
    }

    /// Takes back what was written since there were so many bytes.
    mutating func cut(to count: Int) { bytes.removeSubrange(count...) }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// The labels of a series in braces; nothing for a series without.
    ///
    /// - Parameter values: one for each name.
    package static func labels(_ names: [MetricLabel], _ values: [String]) -> String {
        precondition(names.count == values.count, "a value for each label")
        return labels(zip(names.map(\.rawValue), values).map { ($0, $1) })
    }

    static func labels(_ pairs: [(name: String, value: String)]) -> String {
        if pairs.isEmpty { return "" }
        return "{" + pairs.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }.joined(separator: ",") + "}"
    }

    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "+Inf" : "-Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
