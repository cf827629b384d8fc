/// Finds a word's number by its bytes; exact, and without a string.
///
/// A word of up to eight bytes is its own key. Of a longer one the key is a hash, and its bytes are compared. The words
/// come from the model, so that nobody who sends a text can choose which ones share a place.
struct WordTable {
    private struct Entry {
        var key: UInt64
        /// -1 for a free place.
        var number: Int32
        /// Where a long word's bytes stand.
        var start: UInt32
        var count: UInt32
    }

    private var short: [Entry]
    private var long: [Entry]
    private var bytes: [UInt8] = []
    private(set) var count = 0

    /// - Parameter capacity: words at most.
    init(capacity: Int) {
        var size = 16
        while size < 2 * capacity { size *= 2 }
        let free = Entry(key: 0, number: -1, start: 0, count: 0)
        short = Array(repeating: free, count: size)
        long = Array(repeating: free, count: size)
    }

    /// The number of a word, which is given one when it has none.
    mutating func add(_ word: ArraySlice<UInt8>) -> Int {
        // The kernel reads eight bytes at once, beyond a word's end too.
        let padded = Array(word) + [UInt8](repeating: 0, count: 8)
        let found = padded.withUnsafeBytes { find($0.baseAddress!, word.count) }
        if found >= 0 { return Int(found) }
        let key = padded.withUnsafeBytes { Self.key($0.baseAddress!, word.count) }
        let entry = Entry(key: key, number: Int32(count), start: UInt32(bytes.count), count: UInt32(word.count))
        if word.count <= 8 {
            Self.insert(entry, into: &short)
        } else {
            bytes += word
            Self.insert(entry, into: &long)
        }
        count += 1
        return count - 1
    }

    private static func insert(_ entry: Entry, into entries: inout [Entry]) {
        var place = place(of: entry.key, in: entries.count)
        while entries[place].number >= 0 { place = (place + 1) & (entries.count - 1) }
        entries[place] = entry
    }

    /// The number of a word; -1 when it is none.
    ///
    /// - Parameter word: its bytes, of which eight more than `count` can be read.
    @inline(__always)
    func find(_ word: UnsafeRawPointer, _ count: Int) -> Int32 {
        let key = Self.key(word, count)
        if count <= 8 {
            return short.withUnsafeBufferPointer { entries in
                var place = Self.place(of: key, in: entries.count)
                while entries[place].number >= 0 {
                    if entries[place].key == key { return entries[place].number }
                    place = (place + 1) & (entries.count - 1)
                }
                return -1
            }
        }
        return long.withUnsafeBufferPointer { entries in
            var place = Self.place(of: key, in: entries.count)
            while entries[place].number >= 0 {
                if entries[place].key == key, isSame(entries[place], word, count) { return entries[place].number }
                place = (place + 1) & (entries.count - 1)
            }
            return -1
        }
    }

    private func isSame(_ entry: Entry, _ word: UnsafeRawPointer, _ count: Int) -> Bool {
        guard Int(entry.count) == count else { return false }
        return bytes.withUnsafeBytes { bytes in
            (0..<count).allSatisfy { bytes[Int(entry.start) + $0] == word.load(fromByteOffset: $0, as: UInt8.self) }
        }
    }

    @inline(__always)
    private static func key(_ word: UnsafeRawPointer, _ count: Int) -> UInt64 {
        if count <= 8 { return head(word, count) }
        var hash = UInt64(count)
        var offset = 0
        while offset + 8 <= count {
            hash = mix(hash ^ word.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        return offset < count ? mix(hash ^ head(word + offset, count - offset)) : hash
    }

    /// Up to eight bytes as a number; no byte of a word is 0.
    @inline(__always)
    private static func head(_ word: UnsafeRawPointer, _ count: Int) -> UInt64 {
        let all = word.loadUnaligned(as: UInt64.self)
        return count == 8 ? all : all & (1 << UInt64(8 * count) &- 1)
    }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        let product = value &* 0x9E37_79B9_7F4A_7C15
        return product ^ product >> 29
    }

    @inline(__always)
    private static func place(of key: UInt64, in size: Int) -> Int {
        Int(truncatingIfNeeded: mix(key) >> 20) & (size &- 1)
    }
}
