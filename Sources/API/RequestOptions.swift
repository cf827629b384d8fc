internal import Core
internal import HTTP

/// Reads the options of a request, and knows those that mean something: a misspelt option is told, not ignored.
///
/// An option may stand in the query, in a header or in the body; wherever it stands twice, it must say the same.
struct RequestOptions {
    /// One option as it was written.
    typealias Item = (name: String, value: String)

    let items: [Item]

    /// - Parameters:
    ///   - known: the names that this route reads.
    ///   - prefixes: what other names may begin with.
    /// - Throws: ``APIError/unknownParameter(name:known:)``.
    init(_ request: HTTPRequest, known: [String], prefixes: [String] = []) throws {
        try self.init(request.query.items.map { ($0.name, $0.value) }, known: known, prefixes: prefixes)
    }

    init(_ items: [Item], known: [String], prefixes: [String] = []) throws {
        self.items = items
        for item in items where !known.contains(item.name) && !prefixes.contains(where: item.name.hasPrefix) {
            // The name is the caller's; it is repeated only when it is a plain word.
            let isPlain =
                item.name.utf8.count <= 64 && item.name.allSatisfy { $0.isASCII && ($0.isLetter || $0 == "_") }
            throw APIError.unknownParameter(
                name: isPlain ? item.name : "…", known: known + prefixes.map { $0 + "…" })
        }
    }

    /// A text; nil when it is not given.
    ///
    /// NUL is refused: it comes in JSON alone, and what is stored as text must be text to every database.
    func text(_ name: String, maximumBytes: Int = Limits.taskNameBytes) throws -> String? {
        var found: String?
        for item in items where item.name == name {
            guard found == nil || found == item.value else { throw APIError.contradictoryParameters(name: name) }
            found = item.value
        }
        guard let value = found else { return nil }
        guard !value.isEmpty, value.utf8.count <= maximumBytes, !value.utf8.contains(0) else {
            throw APIError.invalidParameter(name: name, expected: "a text of 1 to \(maximumBytes) bytes without NUL")
        }
        return value
    }

    /// The texts of all items whose name begins with a prefix, by the rest of their names.
    func texts(under prefix: String, maximumBytes: Int = Limits.taskNameBytes) throws -> [String: String] {
        var texts: [String: String] = [:]
        for item in items where item.name.hasPrefix(prefix) {
            texts[String(item.name.dropFirst(prefix.count))] = try text(item.name, maximumBytes: maximumBytes)
        }
        return texts
    }

    /// One of some words; nil when it is not given, or `auto`.
    func choice<Word: RawRepresentable & CaseIterable>(
        _ name: String, of words: Word.Type
    ) throws -> Word? where Word.RawValue == String {
        guard let text = try text(name), text != "auto" else { return nil }
        guard let word = Word(rawValue: text) else {
            let known = ["auto"] + Word.allCases.map(\.rawValue)
            throw APIError.invalidParameter(
                name: name, expected: known.map { "`\($0 == "\t" ? "tab" : $0)`" }.joined(separator: ", "))
        }
        return word
    }

    /// One of some words; nil when it is not given.
    func word<Word: RawRepresentable & CaseIterable>(
        _ name: String, of words: Word.Type
    ) throws -> Word? where Word.RawValue == String {
        guard let text = try text(name) else { return nil }
        guard let word = Word(rawValue: text) else {
            throw APIError.invalidParameter(
                name: name, expected: Word.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", "))
        }
        return word
    }

    /// `true` or `false`; nil when it is not given.
    func flag(_ name: String) throws -> Bool? {
        guard let text = try text(name) else { return nil }
        guard let flag = Bool(text) else { throw APIError.invalidParameter(name: name, expected: "true or false") }
        return flag
    }

    /// A whole number in a range; nil when it is not given.
    func integer(_ name: String, in range: ClosedRange<Int>) throws -> Int? {
        guard let text = try text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw APIError.invalidParameter(
                name: name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A number in a range; nil when it is not given.
    func number(_ name: String, in range: ClosedRange<Double>) throws -> Double? {
        guard let text = try text(name) else { return nil }
        guard let number = Double(text), range.contains(number) else {
            throw APIError.invalidParameter(
                name: name, expected: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A task's id, such as a list's cursor; nil when it is not given.
    func taskID(_ name: String) throws -> TaskID? {
        try text(name).map { text in
            guard let id = TaskID(text) else {
                throw APIError.invalidParameter(name: name, expected: "a `next_cursor` as it was answered")
            }
            return id
        }
    }

    /// A duration in seconds, fractions allowed; nil when it is not given.
    func seconds(_ name: String, upTo limit: Duration) throws -> Duration? {
        try number(name, in: 0.001...limit.inSeconds).map { .milliseconds(Int64(($0 * 1_000).rounded())) }
    }
}
