/// Finds a word's number and feature by its bytes; exact, and without a string.
///
/// A word of up to eight bytes is its own key. Of a longer one the key is a hash, and its bytes are compared. The words
/// come from the model, so that nobody who sends a text can choose which ones share a place.
struct WordTable {
    /// A word as it was found.
    struct Word {
        /// Its place among all words; -1 for a word that is none of them.
        var number: Int32
        /// -1 for a word that only occurs in pairs.
        var feature: Int32

        static let none = Word(number: -1, feature: -1)
    }

    /// Sixteen bytes, so that four share a line of the cache.
    struct Entry {
        var key: UInt64
        /// `Word.none` for a free place.
        var word: Word
    }

    private struct LongWord {
        let bytes: Range<Int>
        let word: Word
    }

    private let short: [Entry]
    /// Places of long words: the entry's number is one in ``longWords``.
    private let long: [Entry]
    private let longWords: [LongWord]
    private let bytes: [UInt8]

    /// - Parameter words: each once, none empty or with a NUL, and the feature of each; the place is the number.
    init(_ words: [(bytes: ArraySlice<UInt8>, feature: Int32)]) {
        var short = Self.places(for: words.count { $0.bytes.count <= 8 })
        var long = Self.places(for: words.count { $0.bytes.count > 8 })
        var (longWords, bytes): ([LongWord], [UInt8]) = ([], [])
        for (number, (text, feature)) in words.enumerated() {
            let word = Word(number: Int32(number), feature: feature)
            // The kernel reads eight bytes at once, beyond a word's end too.
            let key = (text + [UInt8](repeating: 0, count: 8)).withUnsafeBytes { Self.key($0.baseAddress!, text.count) }
            if text.count <= 8 {
                Self.insert(Entry(key: key, word: word), into: &short)
            } else {
                longWords.append(LongWord(bytes: bytes.count..<bytes.count + text.count, word: word))
                bytes += text
                Self.insert(
                    Entry(key: key, word: Word(number: Int32(longWords.count - 1), feature: 0)), into: &long)
            }
        }
        (self.short, self.long, self.longWords, self.bytes) = (short, long, longWords, bytes)
    }

    /// Places for words, three of five taken at most.
    private static func places(for count: Int) -> [Entry] {
        var size = 16
        while size * 3 < count * 5 { size *= 2 }
        return Array(repeating: Entry(key: 0, word: .none), count: size)
    }

    private static func insert(_ entry: Entry, into entries: inout [Entry]) {
        var place = place(of: entry.key, in: entries.count)
        while entries[place].word.number >= 0 { place = (place + 1) & (entries.count - 1) }
        entries[place] = entry
    }

    /// Looks up words in a closure, which gets the table of short ones.
    @inline(__always)
    func withShort<Value>(_ body: (UnsafeBufferPointer<Entry>) -> Value) -> Value {
        short.withUnsafeBufferPointer(body)
    }

    /// Finds a word.
    ///
    /// - Parameter text: its bytes, of which eight more than `count` can be read.
    @inline(__always)
    func find(_ text: UnsafeRawPointer, _ count: Int, in short: UnsafeBufferPointer<Entry>) -> Word {
        if count > 8 { return findLong(text, count) }
        let key = Self.head(text, count)
        var place = Self.place(of: key, in: short.count)
        while true {
            let entry = short[place]
            if entry.key == key || entry.word.number < 0 { return entry.word }
            place = (place + 1) & (short.count - 1)
        }
    }

    @inline(never)
    private func findLong(_ text: UnsafeRawPointer, _ count: Int) -> Word {
        let key = Self.key(text, count)
        return long.withUnsafeBufferPointer { entries in
            var place = Self.place(of: key, in: entries.count)
            while entries[place].word.number >= 0 {
                let word = longWords[Int(entries[place].word.number)]
                if entries[place].key == key, isSame(word, text, count) { return word.word }
                place = (place + 1) & (entries.count - 1)
            }
            return .none
        }
    }

    private func isSame(_ word: LongWord, _ text: UnsafeRawPointer, _ count: Int) -> Bool {
        guard word.bytes.count == count else { return false }
        return bytes.withUnsafeBytes { bytes in
            UnsafeRawBufferPointer(rebasing: bytes[word.bytes])
                .elementsEqual(UnsafeRawBufferPointer(start: text, count: count))
        }
    }

    @inline(__always)
    private static func key(_ text: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count <= 8 { return head(text, count) }
        var hash = UInt64(count)
        var offset = 0
        while offset + 8 <= count {
            hash = mix(hash ^ text.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        return offset < count ? mix(hash ^ head(text + offset, count - offset)) : hash
    }

    /// Up to eight bytes as a number; no byte of a word is 0.
    @inline(__always)
    private static func head(_ text: UnsafeRawPointer, _ count: Int) -> UInt64 {
        text.loadUnaligned(as: UInt64.self) & (UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count))
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }

    @inline(__always)
    private static func place(of key: UInt64, in size: Int) -> Int {
        Int(truncatingIfNeeded: mix(key) &>> 20) & (size &- 1)
    }
}
