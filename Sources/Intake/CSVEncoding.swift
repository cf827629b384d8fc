import Core

/// The character set of a table: UTF-8, UTF-16, UTF-32, or any in which ASCII is one byte and that iconv knows.
package struct CSVEncoding: RawRepresentable, Sendable, Hashable, Codable {
    /// How its bytes relate to ASCII.
    enum Layout: Sendable, Hashable {
        case utf8
        /// ASCII characters are one byte each, and no byte of another character is one of a table's marks.
        ///
        /// - Parameter hidesPipe: whether another character may have the byte of `|` in it, as in Shift-JIS.
        case bytes(hidesPipe: Bool)
        /// Each unit has so many bytes; nil for an order that a byte order mark tells.
        case wide(Int, isBigEndian: Bool?)
    }

    /// Its name in small letters, as its sender wrote it or as it was found out.
    package let rawValue: String
    let layout: Layout

    package static let utf8 = CSVEncoding("utf-8", .utf8)
    package static let windows1252 = CSVEncoding("windows-1252", .bytes(hidesPipe: false))
    /// With a byte order mark.
    package static let utf16 = CSVEncoding("utf-16", .wide(2, isBigEndian: nil))
    static let utf32 = CSVEncoding("utf-32", .wide(4, isBigEndian: nil))

    /// The most bytes of a name: those of iconv have at most 20.
    private static let nameBytes = 40

    private init(_ name: String, _ layout: Layout) { (rawValue, self.layout) = (name, layout) }

    /// Looks a name up: one of iconv's, letters in either case.
    ///
    /// - Returns: nil for a name that is not known, and for a character set in which a table cannot be split: EBCDIC, and
    ///   those whose bytes mean what earlier ones say (ISO-2022, UTF-7).
    package init?(rawValue name: String) {
        let name = name.lowercased()
        // A suffix such as `//IGNORE` would change what iconv does with faults.
        let isPlain = name.utf8.allSatisfy { byte in
            byte &- UInt8(ascii: "0") <= 9 || byte &- UInt8(ascii: "a") < 26 || "-_.:+".utf8.contains(byte)
        }
        guard (1...Self.nameBytes).contains(name.utf8.count), isPlain else { return nil }
        let key = name.filter { $0.isLetter || $0.isNumber }
        if let layout = Self.unicode[key] {
            self.init(layout == .utf8 ? "utf-8" : name, layout)
        } else if name == Self.windows1252.rawValue {
            self = .windows1252
        } else if !key.contains("2022"), !key.contains("utf7"), let layout = CharacterProbe.layout(of: name) {
            self.init(name, layout)
        } else {
            return nil
        }
    }

    /// The names of Unicode's own forms, without hyphens; `utf-8-sig` is Python's.
    private static let unicode: [String: Layout] = {
        var layouts: [String: Layout] = ["utf8": .utf8, "utf8sig": .utf8, "csutf8": .utf8, "iso10646utf8": .utf8]
        for (names, width) in [
            (["utf16", "ucs2", "iso10646ucs2", "unicode"], 2), (["utf32", "ucs4", "iso10646ucs4"], 4),
        ] {
            for name in names {
                layouts[name] = .wide(width, isBigEndian: nil)
                for ending in ["le", "little"] { layouts[name + ending] = .wide(width, isBigEndian: false) }
                for ending in ["be", "big"] { layouts[name + ending] = .wide(width, isBigEndian: true) }
            }
        }
        return layouts
    }()

    /// The bytes of an ASCII character.
    var unitBytes: Int { if case .wide(let width, _) = layout { width } else { 1 } }

    /// Whether bytes in the one character set read the same in the other: they may be two names of one.
    package func agrees(with other: CSVEncoding) -> Bool {
        if rawValue == other.rawValue { return true }
        guard case .bytes = layout, case .bytes = other.layout else { return layout == other.layout }
        return CharacterProbe.agree(rawValue, other.rawValue)
    }
}
