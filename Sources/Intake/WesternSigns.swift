/// The signs of Windows-1252 beyond ASCII, and where they stand in text: quotes around words, dashes between them.
///
/// In Mac Roman and the code pages of DOS most of these bytes are accented letters: they then stand within words.
enum WesternSigns {
    /// What stands around a sign.
    private struct Place {
        let cell: UnsafeRawBufferPointer
        let position: Int
        let signs: SignPlaces
        let (left, right): (UInt8, UInt8)

        init(_ cell: UnsafeRawBufferPointer, _ position: Int, _ signs: SignPlaces) {
            (self.cell, self.position, self.signs) = (cell, position, signs)
            left = position > 0 ? cell[position - 1] : 0
            right = position + 1 < cell.count ? cell[position + 1] : 0
        }

        var hasLetterLeft: Bool { WesternLetters.isLetter(left) }
        var hasLetterRight: Bool { WesternLetters.isLetter(right) }
        var touchesLetter: Bool { hasLetterLeft || hasLetterRight }
        var touchesDigit: Bool { Self.isDigit(left) || Self.isDigit(right) }
        var isBetweenDigits: Bool { Self.isDigit(left) && Self.isDigit(right) }

        private static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") <= 9 }

        func has(_ some: [UInt8]) -> (before: Bool, after: Bool) { signs.has(some, around: position) }

        /// The letters on the left, in small ones where they are ASCII.
        var wordLeft: [UInt8] {
            cell[..<position].reversed().prefix { WesternLetters.isLetter($0) }.reversed().map { $0 | 0x20 }
        }
        var wordRight: [UInt8] { cell[(position + 1)...].prefix { WesternLetters.isLetter($0) }.map { $0 | 0x20 } }
    }

    /// Whether a sign stands as in Western text; nil when it says nothing.
    ///
    /// - Parameter signs: the signs of the whole cell.
    static func judge(_ cell: UnsafeRawBufferPointer, at position: Int, among signs: SignPlaces) -> Bool? {
        let place = Place(cell, position, signs)
        switch cell[position] {
        case 0x81, 0x8D, 0x8F, 0x90, 0x9D: return false
        case 0x91, 0x92, 0xB4: return apostrophe(cell[position], place)
        case 0x82, 0x84, 0x93, 0x94, 0xAB, 0xBB: return quote(cell[position], place)
        case 0x96, 0x97: return dash(cell[position], place)
        case 0x85: return place.hasLetterRight && !place.hasLetterLeft ? false : nil
        case 0x95: return place.hasLetterLeft ? false : nil
        case 0x80: return place.touchesLetter ? false : true
        case 0xA0: return place.isBetweenDigits ? true : nil
        case 0xA1, 0xBF: return opening(cell[position], place)
        default: return mark(cell[position], place)
        }
    }

    // MARK: Quotes

    /// What may follow the apostrophe of an English word, and stand before that of a French or Italian one.
    private static let endings = ["s", "t", "d", "m", "re", "ve", "ll", "n", "em", "er", "all", "clock"].map {
        Array($0.utf8)
    }
    private static let beginnings = [
        "l", "d", "j", "n", "s", "c", "m", "t", "qu", "lorsqu", "puisqu", "jusqu", "quelqu", "aujourd", "dell", "all",
        "nell", "sull", "dall", "un", "quest", "quell", "o", "y",
    ].map { Array($0.utf8) }

    private static func apostrophe(_ sign: UInt8, _ place: Place) -> Bool? {
        if place.isBetweenDigits { return true }
        guard place.hasLetterLeft else {
            if sign == 0xB4 { return place.hasLetterRight ? false : nil }
            return sign == 0x91 && place.hasLetterRight && place.has([0x92]).after ? true : nil
        }
        guard sign != 0x91 else { return false }
        // At the end of a word it is a plural's, the second of a pair, or, in Mac Roman, an í.
        guard place.hasLetterRight else { return nil }
        let (left, right) = (place.wordLeft, place.wordRight)
        if endings.contains(right) { return true }
        let isVowel = "aeiouyh".utf8.contains(place.right | 0x20) || place.right >= 0x80
        if beginnings.contains(left) || left.suffix(2).elementsEqual("qu".utf8), isVowel,
            right.count > 1 || left != [UInt8(ascii: "d")]
        {
            return true
        }
        // O’Brien, D’Souza.
        return left.count <= 2 && WesternLetters.isCapital(place.right) && right.count > 1
    }

    private static func quote(_ sign: UInt8, _ place: Place) -> Bool? {
        if place.hasLetterLeft, place.hasLetterRight { return false }
        switch sign {
        case 0x82: return place.hasLetterLeft || !place.has([0x91, 0x92]).after ? false : true
        case 0x84: return place.hasLetterLeft || !place.has([0x93, 0x94]).after ? false : true
        case 0x93:
            // The second one of a German pair, or the first of an English one.
            if place.hasLetterLeft { return place.has([0x84]).before }
            return place.has([0x94]).after || place.has([0x84]).before ? true : nil
        case 0x94:
            let pair = place.has([0x93, 0x94, 0x84])
            if place.hasLetterRight { return pair.after ? nil : false }
            return pair.before ? true : place.hasLetterLeft ? false : nil
        default:
            let pair = place.has([sign == 0xAB ? 0xBB : 0xAB])
            return pair.before || pair.after ? true : nil
        }
    }

    private static func opening(_ sign: UInt8, _ place: Place) -> Bool? {
        if place.hasLetterLeft { return false }
        return place.hasLetterRight && place.has([UInt8(ascii: sign == 0xA1 ? "!" : "?")]).after ? true : nil
    }

    // MARK: Dashes and marks

    private static func dash(_ sign: UInt8, _ place: Place) -> Bool? {
        if place.isBetweenDigits || !place.touchesLetter { return true }
        let (left, right) = (place.wordLeft, place.wordRight)
        if !place.hasLetterLeft { return nil }
        guard place.hasLetterRight else { return left.count == 1 ? false : nil }
        // Of Mac Roman they are ñ and ó: `espa–ol`, `canci—n`.
        if sign == 0x96 { return WesternLetters.isCapital(place.right) ? nil : false }
        let isWord = WesternLetters.isCapital(place.right) || place.right == UInt8(ascii: "a")
        return left.count == 1 || right.count == 1 && !isWord ? false : nil
    }

    private static func mark(_ sign: UInt8, _ place: Place) -> Bool? {
        switch sign {
        case 0xA7, 0xA3, 0xBC, 0xBD, 0xBE, 0xB5:
            if place.hasLetterLeft || sign != 0xB5 && place.hasLetterRight { return false }
            return place.touchesDigit ? true : nil
        case 0xB0:
            let isScale = place.right == UInt8(ascii: "C") || place.right == UInt8(ascii: "F")
            return place.hasLetterRight && !isScale ? false : place.touchesDigit ? true : nil
        case 0xB2, 0xB3, 0xB9, 0xAA, 0xBA, 0x99, 0xAE: return place.hasLetterRight ? false : nil
        case 0xA9, 0xAD: return nil
        case 0xB7:
            return place.touchesLetter && !(place.left | 0x20 == 0x6C && place.right | 0x20 == 0x6C) ? false : nil
        default: return place.touchesLetter ? false : nil
        }
    }
}
