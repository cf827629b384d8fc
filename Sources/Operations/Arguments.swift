/// What may stand on the command line after a command.
package struct CommandSyntax: Sendable {
    /// An option.
    package struct Option: Sendable {
        /// Such as `--limit`.
        package let name: String
        /// What its value is called in the help; nil for an option without a value.
        package let value: String?
        package let meaning: String

        package init(_ name: String, value: String? = nil, _ meaning: String) {
            self.name = name
            self.value = value
            self.meaning = meaning
        }
    }

    package let name: String
    package let meaning: String
    /// What stands there without an option, such as `FILE`; empty for nothing.
    package let operands: [String]
    package let options: [Option]
    /// The settings that may be given as options.
    package let settings: [Setting]

    package init(
        _ name: String, _ meaning: String, operands: [String] = [], options: [Option] = [], settings: [Setting] = []
    ) {
        self.name = name
        self.meaning = meaning
        self.operands = operands
        self.options = options
        self.settings = settings
    }

    private var allOptions: [Option] {
        options + settings.map { Option($0.option, value: "VALUE", $0.meaning) } + [Option("--help", "Shows this.")]
    }

    /// Reads the words after the command.
    ///
    /// - Throws: ``UsageError`` for an unknown option, a missing value, or too many operands.
    package func parse(_ words: [String]) throws -> Arguments {
        var arguments = Arguments()
        var rest = words[...]
        var onlyOperands = false
        while let word = rest.popFirst() {
            if onlyOperands || !word.hasPrefix("-") || word == "-" {
                arguments.operands.append(word)
            } else if word == "--" {
                onlyOperands = true
            } else {
                try read(word, &rest, into: &arguments)
            }
        }
        if arguments.operands.count > operands.count {
            throw UsageError(
                "`sibyl \(name)` takes \(operands.isEmpty ? "no operand" : operands.joined(separator: " ")).")
        }
        return arguments
    }

    private func read(_ word: String, _ rest: inout ArraySlice<String>, into arguments: inout Arguments) throws {
        let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let option = allOptions.first(where: { $0.name == parts[0] }) else {
            let nearest = EditDistance.nearest(to: parts[0], among: allOptions.map(\.name))
            throw UsageError(
                "`sibyl \(name)` has no option \(parts[0])" + (nearest.map { "; did you mean \($0)?" } ?? ".")
                    + " `sibyl \(name) --help` lists them.")
        }
        guard option.value != nil else {
            if parts.count > 1 { throw UsageError("\(option.name) takes no value.") }
            arguments.values[option.name] = [""]
            return
        }
        guard let value = parts.count > 1 ? parts[1] : rest.popFirst() else {
            throw UsageError("\(option.name) needs a value.")
        }
        if let setting = settings.first(where: { $0.option == option.name }) {
            arguments.settings[setting.name] = value
        } else {
            arguments.values[option.name, default: []].append(value)
        }
    }

    /// The help of the command.
    package var help: String {
        let usage = (["sibyl", name] + operands + ["[options]"]).joined(separator: " ")
        let lines = allOptions.map { option in
            (([option.name] + [option.value].compactMap(\.self)).joined(separator: " "), option.meaning)
        }
        let width = lines.map(\.0.count).max() ?? 0
        let defaults = settings.compactMap { setting in setting.fallback.map { "  \(setting.option) is \($0)" } }
        return "usage: \(usage)\n\(meaning)\n\n"
            + lines.map { "  \($0.0.padding(to: width))  \($0.1)\n" }.joined()
            + (defaults.isEmpty ? "" : "\nUnless said otherwise:\n\(defaults.joined(separator: "\n"))\n")
    }
}

/// What stood on the command line after a command.
package struct Arguments: Sendable {
    /// Options that are settings, by the settings' names.
    package fileprivate(set) var settings: [String: String] = [:]
    package fileprivate(set) var operands: [String] = []
    /// What each option was given, in order: some mean something more than once.
    fileprivate var values: [String: [String]] = [:]

    /// Whether an option was given.
    package func has(_ option: String) -> Bool { values[option] != nil }

    /// An option's value, the last one of several; nil when it was not given.
    package func value(_ option: String) -> String? { values[option]?.last }

    /// All `NAME=VALUE` that an option was given.
    package func pairs(_ option: String) throws -> [(name: String, value: String)] {
        try (values[option] ?? []).map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw UsageError("\(option) must be two texts with = between them.")
            }
            return (String(parts[0]), String(parts[1]))
        }
    }

    /// One of some words; nil when it was not given.
    package func choice(_ option: String, of words: [String]) throws -> String? {
        guard let text = value(option) else { return nil }
        guard words.contains(text) else {
            throw UsageError("\(option) must be \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "").")
        }
        return text
    }

    /// A number in a range, fractions allowed; nil when it was not given.
    package func number(_ option: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let text = value(option) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw UsageError("\(option) must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    /// A whole number in a range; nil when it was not given.
    package func integer(_ option: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw UsageError("\(option) must be a whole number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
