/// Which characters make words, and their small letters, as Python knows them: it is Python that trained the models.
///
/// `\w` of Python's `re` is a letter, a number, or the underscore; `str.lower` follows the Unicode Standard, chapter 3.13.
/// Both know Unicode 14, the version of Python 3.11; what came later is no character of a word there, nor here.
enum Characters {
    /// What is known of a character.
    struct Traits: OptionSet {
        let rawValue: UInt8
        /// A letter or a number of any script, or the underscore.
        static let isOfWord = Traits(rawValue: 1)
        /// Its small letter is another character, or more than one.
        static let changes = Traits(rawValue: 2)
    }

    /// The small letters of a character that changes.
    static func lowercase(of scalar: UInt32) -> [UInt32] { known.lowercase[scalar] ?? [scalar] }

    /// GREEK CAPITAL LETTER SIGMA, whose small letter is another one at the end of a word.
    static let capitalSigma: UInt32 = 0x3A3
    static let finalSigma: UInt32 = 0x3C2
    static let smallSigma: UInt32 = 0x3C3

    /// Whether a character is a letter with case, for the sigma beside it; nil when it counts as not there.
    static func isCased(_ scalar: UInt32) -> Bool? {
        guard let properties = Unicode.Scalar(scalar)?.properties, isKnown(properties) else { return false }
        return properties.isCaseIgnorable ? nil : properties.isCased
    }

    private static func isKnown(_ properties: Unicode.Scalar.Properties) -> Bool {
        properties.age.map { $0.major <= 14 } ?? false
    }

    // MARK: Table

    /// Blocks of 256 characters; most of them are alike, and stored once.
    struct Table {
        fileprivate var blockOf = [UInt16](repeating: 0, count: 0x1100)
        fileprivate var traits: [UInt8] = []
        fileprivate var lowercase: [UInt32: [UInt32]] = [:]

        /// Traits of a character.
        @inline(__always)
        func traits(of scalar: UInt32) -> Traits {
            let block = Int(blockOf[Int(scalar >> 8)])
            return Traits(rawValue: traits[block << 8 | Int(scalar & 0xFF)])
        }
    }

    static let known: Table = {
        var table = Table()
        var known: [[UInt8]: UInt16] = [:]
        for block in 0..<0x1100 {
            let traits = (0..<256).map { Self.read(UInt32(block << 8 | $0), &table.lowercase).rawValue }
            if let same = known[traits] {
                table.blockOf[block] = same
            } else {
                let number = UInt16(known.count)
                known[traits] = number
                table.blockOf[block] = number
                table.traits += traits
            }
        }
        return table
    }()

    private static func read(_ value: UInt32, _ lowercase: inout [UInt32: [UInt32]]) -> Traits {
        // Planes without letters: unassigned, or for private use.
        guard value < 0x4_0000, let scalar = Unicode.Scalar(value), isKnown(scalar.properties) else { return [] }
        var traits: Traits = []
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber:
            traits.insert(.isOfWord)
        default: if value == 0x5F { traits.insert(.isOfWord) }
        }
        if scalar.properties.changesWhenLowercased {
            traits.insert(.changes)
            lowercase[value] = scalar.properties.lowercaseMapping.unicodeScalars.map(\.value)
        }
        return traits
    }
}
