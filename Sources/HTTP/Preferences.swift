import Core

/// What a caller accepts, and how gladly: the items of `Accept` or `Accept-Encoding` (RFC 9110, section 12.4.2).
struct Preferences {
    struct Item {
        /// A media range or a coding in small letters, without parameters.
        let name: String
        /// 0, which refuses it, to 1,000.
        let quality: Int
    }

    /// In the caller's order; an item whose quality cannot be read is left out.
    let items: [Item]

    /// - Parameter values: the values of all fields of the name.
    init(_ values: [String]) {
        items = values.flatMap { Self.split($0, at: ",") }.compactMap(Self.item)
    }

    private static func item(_ text: Substring) -> Item? {
        let parts = split(text, at: ";").map(\.trimmingSpaces)
        guard let name = parts.first, !name.isEmpty else { return nil }
        for part in parts.dropFirst() where part.beginsIgnoringCase("q=") {
            guard let quality = quality(part.dropFirst(2)) else { return nil }
            return Item(name: name.lowercased(), quality: quality)
        }
        return Item(name: name.lowercased(), quality: 1_000)
    }

    /// Reads `0`, `1` or a fraction in thousandths.
    ///
    /// Callers write more than RFC 9110 has: Java's own client `.2`, others more than three digits, which are cut.
    private static func quality(_ text: Substring) -> Int? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits = parts.count > 1 ? parts[1] : ""
        guard let whole = parts.first, whole == "0" || whole == "1" || whole.isEmpty && !digits.isEmpty,
            digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
            let thousandths = Int(String(digits.prefix(3)).padding(to: 3))
        else { return nil }
        guard whole == "1" else { return thousandths }
        return digits.allSatisfy { $0 == "0" } ? 1_000 : nil
    }

    /// Splits where a mark stands outside quotation marks.
    private static func split(_ text: some StringProtocol, at mark: Character) -> [Substring] {
        var isQuoted = false
        return Substring(text).split { character in
            if character == "\"" { isQuoted.toggle() }
            return character == mark && !isQuoted
        }
    }
}

extension String {
    fileprivate func padding(to count: Int) -> String {
        self + String(repeating: "0", count: max(0, count - utf8.count))
    }
}
