import Foundation

/// Reads the text format of Prometheus, version 0.0.4, and refuses everything that a careful scraper might.
package struct Exposition {
    /// One line with a value.
    package struct Sample: Hashable {
        package let name: String
        package let labels: [String: String]
        package let value: Double
    }

    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    /// Each metric with its type, in order.
    package private(set) var kinds: [String: String] = [:]
    package private(set) var samples: [Sample] = []
    private var current = (name: "", hasType: false)
    private var seen: Set<String> = []

    package init(_ text: String) throws {
        guard text.hasSuffix("\n") else { throw Fault(description: "the last line has no end") }
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            if line.hasPrefix("# HELP ") {
                try help(line.dropFirst(7))
            } else if line.hasPrefix("# TYPE ") {
                try type(line.dropFirst(7))
            } else {
                try sample(line)
            }
        }
        try checkHistograms()
    }

    /// The value of a series; nil when it is not shown.
    package subscript(name: String, labels: [String: String]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }

    /// The sum over all series of a name.
    package func sum(_ name: String) -> Double {
        samples.lazy.filter { $0.name == name }.reduce(0) { $0 + $1.value }
    }

    private mutating func help(_ rest: Substring) throws {
        guard let space = rest.firstIndex(of: " ") else { throw Fault(description: "HELP without a text: \(rest)") }
        let name = String(rest[..<space])
        guard kinds[name] == nil, name.wholeMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/) != nil else {
            throw Fault(description: "\(name) comes twice, or is no name")
        }
        kinds[name] = ""
        current = (name, false)
    }

    private mutating func type(_ rest: Substring) throws {
        let words = rest.split(separator: " ").map(String.init)
        guard words.count == 2, words[0] == current.name, !current.hasType,
            ["counter", "gauge", "histogram"].contains(words[1])
        else { throw Fault(description: "TYPE out of place: \(rest)") }
        kinds[current.name] = words[1]
        current.hasType = true
    }

    private mutating func sample(_ line: Substring) throws {
        var rest = line
        guard let name = rest.prefixMatch(of: /[a-zA-Z_:][a-zA-Z0-9_:]*/)?.output else {
            throw Fault(description: "not a line: \(line)")
        }
        rest = rest.dropFirst(name.count)
        let suffixes = kinds[current.name] == "histogram" ? ["_bucket", "_sum", "_count"] : [""]
        guard current.hasType, suffixes.contains(where: { current.name + $0 == name }) else {
            throw Fault(description: "\(name) stands under \(current.name)")
        }
        let labels = try Self.labels(&rest)
        guard rest.first == " ", let value = Self.value(rest.dropFirst()) else {
            throw Fault(description: "no value: \(line)")
        }
        let series = "\(name)\(labels.sorted { $0.key < $1.key })"
        guard seen.insert(series).inserted else { throw Fault(description: "\(series) comes twice") }
        samples.append(Sample(name: String(name), labels: labels, value: value))
    }

    private static func value(_ text: Substring) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "NaN": .nan
        default: text.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?/) == nil ? nil : Double(text)
        }
    }

    private static func labels(_ rest: inout Substring) throws -> [String: String] {
        guard rest.first == "{" else { return [:] }
        rest.removeFirst()
        var labels: [String: String] = [:]
        while true {
            guard let name = rest.prefixMatch(of: /([a-zA-Z_][a-zA-Z0-9_]*)="/)?.output.1 else {
                throw Fault(description: "not a label: \(rest)")
            }
            rest = rest.dropFirst(name.count + 2)
            guard labels.updateValue(try quoted(&rest), forKey: String(name)) == nil else {
                throw Fault(description: "the label \(name) comes twice")
            }
            switch rest.popFirst() {
            case ",": continue
            case "}": return labels
            default: throw Fault(description: "labels without an end")
            }
        }
    }

    /// A value up to its closing quote, with what was escaped.
    private static func quoted(_ rest: inout Substring) throws -> String {
        var value = ""
        while let character = rest.popFirst() {
            switch character {
            case "\"": return value
            case "\\":
                switch rest.popFirst() {
                case "\\": value.append("\\")
                case "n": value.append("\n")
                case "\"": value.append("\"")
                default: throw Fault(description: "an unknown escape")
                }
            default: value.append(character)
            }
        }
        throw Fault(description: "a value without an end")
    }

    /// Buckets must rise with their bounds, and the last one be the count.
    private func checkHistograms() throws {
        for (name, kind) in kinds where kind == "histogram" {
            let groups = Dictionary(grouping: samples.filter { $0.name == name + "_bucket" }) { sample in
                sample.labels.filter { $0.key != "le" }
            }
            for (labels, buckets) in groups {
                let bounds = buckets.map { Self.value(($0.labels["le"] ?? "")[...]) ?? -1 }
                let counts = buckets.map(\.value)
                guard bounds == bounds.sorted(), Set(bounds).count == bounds.count, bounds.last == .infinity,
                    counts == counts.sorted(), counts.last == self[name + "_count", labels],
                    self[name + "_sum", labels] != nil
                else { throw Fault(description: "the buckets of \(name)\(labels) do not add up") }
            }
        }
    }
}
