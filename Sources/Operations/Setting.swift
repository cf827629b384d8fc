/// One setting: how it is given, what it means, what it is when nobody gives it.
///
/// Every setting stands in ``Setting/all`` and nowhere else; `docs/SETTINGS.md` is this table, and a test compares them.
package struct Setting: Sendable {
    /// What a value must be.
    package enum Kind: Sendable, Equatable {
        /// Any text that is not empty.
        case text
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// One of some words.
        case choice([String])
    }

    /// The name in the environment, such as `SIBYL_LISTEN`.
    package let name: String
    package let kind: Kind
    /// The value when none is given; nil when there is none, or it depends.
    package let fallback: String?
    /// What it means, with its unit.
    package let meaning: String

    /// The option of the same meaning, such as `--listen`.
    package var option: String {
        "--" + name.dropFirst("SIBYL_".count).lowercased().replacing("_", with: "-")
    }

    /// What a value must be, in words.
    package var expected: String {
        switch kind {
        case .text: "a text"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let words): words.joined(separator: " or ")
        }
    }

    func check(_ value: String) throws {
        let isValid =
            switch kind {
            case .text: !value.isEmpty
            case .integer(let range): Int(value).map(range.contains) ?? false
            case .choice(let words): words.contains(value)
            }
        if !isValid { throw UsageError("\(name) (\(option)) must be \(expected).") }
    }
}
