/// Weighs whether bytes, read as Windows-1252, make text of a Western language.
///
/// Every byte sequence is Windows-1252, so that only what people write tells it from Mac Roman, the code pages of DOS, and
/// those of other scripts: in these, letters come out as signs in the middle of words, capitals within small letters, or
/// words of nothing but accents. It judges each word and sign where it stands, and counts; see ``WesternSigns`` for signs.
///
/// Comes from: cells that are not UTF-8. Goes to: ``EncodingEvidence``, and ``CellDecoder`` for the rows behind.
struct WesternText {
    /// Words and signs that stand as in Western text.
    private(set) var likely = 0
    /// Those that do not.
    private(set) var unlikely = 0

    /// The share of unlikely places that real text has: a name from elsewhere among many.
    private static let tolerance = 20

    /// Whether the bytes so far make likely text.
    var isLikely: Bool { likely > 0 && unlikely * Self.tolerance <= likely }

    /// Judges a cell, in time proportional to its size.
    mutating func add(_ cell: UnsafeRawBufferPointer) {
        let signs = SignPlaces(cell)
        var position = 0
        while position < cell.count {
            guard WesternLetters.isLetter(cell[position]) else {
                if cell[position] >= 0x80 { count(WesternSigns.judge(cell, at: position, among: signs)) }
                position += 1
                continue
            }
            let start = position
            while position < cell.count, WesternLetters.isLetter(cell[position]) { position += 1 }
            let word = UnsafeRawBufferPointer(rebasing: cell[start..<position])
            if ByteSearch.hasHighByte(word) { count(WesternLetters.judge(word)) }
        }
    }

    /// - Parameter isLikely: nil for what says nothing.
    private mutating func count(_ isLikely: Bool?) {
        guard let isLikely else { return }
        if isLikely { likely += 1 } else { unlikely += 1 }
    }
}

/// The letters of Windows-1252, and the words that they make.
enum WesternLetters {
    static func isLetter(_ byte: UInt8) -> Bool { isSmall(byte) || isCapital(byte) }

    static func isSmall(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), 0xDF...0xF6, 0xF8...0xFF, 0x9A, 0x9C, 0x9E, 0x83: true
        default: false
        }
    }

    static func isCapital(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), 0xC0...0xD6, 0xD8...0xDE, 0x8A, 0x8C, 0x8E, 0x9F: true
        default: false
        }
    }

    /// Letters that hardly any language of Windows-1252 has: Š š Ž ž Ÿ ƒ.
    ///
    /// In Mac Roman most of these bytes are its commonest accents, and in the code pages of Central Europe they are everyday
    /// letters.
    private static let strange: Set<UInt8> = [0x83, 0x8A, 0x8E, 0x9A, 0x9E, 0x9F]
    /// Accented letters that are words: À, Å, È, É, Ó, Ö and the small ones.
    ///
    /// They say nothing, for Cyrillic has such words, too.
    private static let words: Set<UInt8> = [0xC0, 0xC5, 0xC8, 0xC9, 0xD3, 0xD6, 0xE0, 0xE5, 0xE8, 0xE9, 0xF3, 0xF6]

    /// The other accented letters of Icelandic, small: á, æ, é, í, ó, ö, ú.
    private static let icelandic: Set<UInt8> = [0xE1, 0xE6, 0xE9, 0xED, 0xF3, 0xF6, 0xFA]
    /// Eth, thorn and y with an acute: letters of Icelandic, and of Turkish in its own code page.
    private static let needsIcelandic: Set<UInt8> = [0xD0, 0xDD, 0xDE, 0xF0, 0xFD, 0xFE]

    /// Whether a word with letters beyond ASCII is one of a Western language; nil when it says nothing.
    static func judge(_ word: UnsafeRawBufferPointer) -> Bool? {
        if word.contains(where: strange.contains) { return false }
        let high = word.count { $0 >= 0x80 }
        guard high < word.count else { return word.count == 1 && words.contains(word[0]) ? nil : false }
        // `été` has two of three; Greek and Cyrillic words have hardly any letter of ASCII.
        guard high <= word.count - high + 1, !hasLongRun(word), hasLikelyCase(word) else { return false }
        // Looked for once a word: a word may be as long as its cell.
        if !word.contains(where: icelandic.contains), word.contains(where: needsIcelandic.contains) { return false }
        return word.indices.allSatisfy { word[$0] < 0x80 || isLikely(word[$0], in: word, at: $0) }
    }

    private static func hasLongRun(_ word: UnsafeRawBufferPointer) -> Bool {
        word.indices.dropFirst(2).contains { word[$0] >= 0x80 && word[$0 - 1] >= 0x80 && word[$0 - 2] >= 0x80 }
    }

    /// Whether accented capitals stand first, or among capitals alone.
    private static func hasLikelyCase(_ word: UnsafeRawBufferPointer) -> Bool {
        let smalls = word.count(where: isSmall)
        guard smalls > 0, smalls < word.count else { return true }
        let highCapitals = word.indices.filter { word[$0] >= 0x80 && isCapital(word[$0]) }
        if highCapitals.contains(where: { $0 > 0 }) { return false }
        if highCapitals.first == 0, isCapital(word[1]) { return false }
        // Among capitals, only the sharp s is small: MAßE.
        let highSmalls = word.filter { $0 >= 0x80 && isSmall($0) }
        let asciiSmalls = smalls - highSmalls.count
        return asciiSmalls > 0 || highSmalls.allSatisfy { $0 == 0xDF } || word.count - smalls < 2
    }

    /// Whether a letter may have these neighbours.
    private static func isLikely(_ letter: UInt8, in word: UnsafeRawBufferPointer, at position: Int) -> Bool {
        let before = position > 0 ? word[position - 1] | 0x20 : 0
        let after = position + 1 < word.count ? word[position + 1] | 0x20 : 0
        switch letter {
        case 0xDF: return position > 0
        case 0x9C, 0x8C: return isLigature(after, at: position)
        case 0xE1: return isLikelyAcute(word, position, before)
        // O with a tilde ends Portuguese plurals; for Hungarian it stands in its own code page's place of ő.
        case 0xD5, 0xF5: return after == UInt8(ascii: "e")
        default: return true
        }
    }

    /// The ligature of œuvre, cœur, œil, œdème, fœtus; in Mac Roman its byte is ú.
    private static func isLigature(_ after: UInt8, at position: Int) -> Bool {
        switch after {
        case UInt8(ascii: "u"), UInt8(ascii: "i"): true
        case UInt8(ascii: "d"), UInt8(ascii: "s"): position == 0
        case UInt8(ascii: "t"): position == 1
        default: false
        }
    }

    /// Whether á stands where it may: in the code pages of DOS its byte is the sharp s, which follows a vowel.
    private static func isLikelyAcute(_ word: UnsafeRawBufferPointer, _ position: Int, _ before: UInt8) -> Bool {
        let earlier = position > 1 ? word[position - 2] | 0x20 : 0
        switch before {
        case UInt8(ascii: "a"), UInt8(ascii: "o"): return false
        case UInt8(ascii: "u"): return "cgqj".utf8.contains(earlier)
        case UInt8(ascii: "i"): return !"aeiou".utf8.contains(earlier)
        case UInt8(ascii: "e"): return earlier != UInt8(ascii: "i")
        default: return true
        }
    }
}
