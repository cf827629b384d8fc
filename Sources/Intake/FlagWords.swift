import Core

/// Reads the cells of an input of true and false, letters in either case.
struct FlagWords: Sendable {
    /// What a failing cell must be, for messages.
    let expected: String
    /// Words of at most eight ASCII letters, each in one number: most cells are one of these.
    private var keys: [UInt64] = []
    private var flags: [Bool] = []
    /// All words in lower case.
    private var words: [String: Bool] = [:]

    /// The words of English, German, French and Spanish tables.
    static let auto = FlagWords(
        true: ["true", "1", "yes", "y", "t", "on", "ja", "j", "wahr", "oui", "vrai", "sí", "si", "verdadero"],
        false: ["false", "0", "no", "n", "f", "off", "nein", "falsch", "non", "faux", "falso"],
        expected: "must be true or false, 1 or 0, yes or no, y or n, t or f, on or off, ja or nein, j or n, "
            + "wahr or falsch, oui or non, vrai or faux, sí or no, or verdadero or falso")

    /// - Parameter stated: the only words that count; nil for ``auto``.
    init(_ stated: CSVBooleans?) {
        guard let stated else {
            self = .auto
            return
        }
        self.init(
            true: [stated.trueWord], false: [stated.falseWord],
            expected: "must be `\(NameList.clean(stated.trueWord))` or `\(NameList.clean(stated.falseWord))`")
    }

    private init(true trueWords: [String], false falseWords: [String], expected: String) {
        self.expected = expected
        for (list, flag) in [(trueWords, true), (falseWords, false)] {
            for word in list {
                words[word.lowercased()] = flag
                guard let key = Array(word.utf8).withUnsafeBytes(Self.key) else { continue }
                keys.append(key)
                flags.append(flag)
            }
        }
    }

    /// The flag that a cell means, outer spaces taken off; nil when it is no such word.
    func flag(_ cell: UnsafeRawBufferPointer) -> Bool? {
        if let key = Self.key(cell) { return keys.firstIndex(of: key).map { flags[$0] } }
        guard cell.count <= 2 * Limits.booleanBytes else { return nil }
        return words[String(decoding: cell, as: UTF8.self).lowercased()]
    }

    /// The bytes of a short word in lower case; nil when it is longer or not ASCII.
    private static func key(_ word: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...8).contains(word.count) else { return nil }
        var key: UInt64 = 0
        for byte in word {
            guard byte < 0x80 else { return nil }
            let isCapital = byte &- UInt8(ascii: "A") < 26
            key = key << 8 | UInt64(isCapital ? byte | 0x20 : byte)
        }
        return key
    }
}
