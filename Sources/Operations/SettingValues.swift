/// The values of settings, from wherever they were given: options win over the environment, that over `.env` in the
/// working folder, that over the defaults.
package struct SettingValues: Sendable {
    private let sources: [[String: String]]

    /// - Parameters:
    ///   - options: the options given, by the names of their settings.
    ///   - environment: the process's environment.
    ///   - dotEnv: the content of `.env`; nil when there is none.
    /// - Throws: ``UsageError`` when a value cannot be used or `.env` cannot be read.
    package init(options: [String: String], environment: [String: String], dotEnv: String?) throws {
        let ours = environment.filter { $0.key.hasPrefix("SIBYL_") && !$0.value.isEmpty }
        sources = [options, ours, try dotEnv.map(DotEnv.parse) ?? [:]]
        for setting in Setting.all {
            if let value = self[setting] { try setting.check(value) }
        }
    }

    /// A setting's value; nil when it has none.
    package subscript(setting: Setting) -> String? {
        sources.lazy.compactMap { $0[setting.name] }.first ?? setting.fallback
    }

    /// A whole number, checked when the values were made.
    package func integer(_ setting: Setting) -> Int { self[setting].flatMap { Int($0) } ?? 0 }

    /// Names in the environment or in `.env` that begin like ours and mean nothing: a misspelt setting is worth a word.
    ///
    /// - Parameter internalNames: what the program's own processes tell each other.
    package func unknownNames(except internalNames: Set<String>) -> [String] {
        let known = Set(Setting.all.map(\.name)).union(internalNames)
        return sources.flatMap(\.keys).filter { $0.hasPrefix("SIBYL_") && !known.contains($0) }.sorted()
    }
}

/// Reads a `.env` file: `NAME=value` lines, with comments, quotes and an optional `export`.
enum DotEnv {
    static func parse(_ text: String) throws -> [String: String] {
        var values: [String: String] = [:]
        // The line end of Windows is one character to Swift.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        for (index, line) in lines.enumerated() {
            var line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            if line.hasPrefix("export ") { line = trimmed(line.dropFirst(7)) }
            guard let equals = line.firstIndex(of: "="), equals != line.startIndex else {
                throw UsageError("Line \(index + 1) of .env is not NAME=value.")
            }
            values[String(trimmed(line[..<equals]))] = try value(trimmed(line[line.index(after: equals)...]), index + 1)
        }
        return values
    }

    private static func value(_ text: Substring, _ line: Int) throws -> String {
        guard let quote = text.first, quote == "\"" || quote == "'" else {
            // An unquoted value ends where a comment begins.
            return String(text.firstRange(of: " #").map { trimmed(text[..<$0.lowerBound]) } ?? text)
        }
        guard let end = text.dropFirst().firstIndex(of: quote) else {
            throw UsageError("The quote on line \(line) of .env does not end.")
        }
        return String(text[text.index(after: text.startIndex)..<end])
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return text
    }
}
