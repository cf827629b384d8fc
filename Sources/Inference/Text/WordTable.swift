internal import Glibc

/// Finds a word's number by its bytes; exact, and without a string.
///
/// A word of up to sixteen bytes is its own key. Of a longer one the key is a hash, and its bytes are compared.
struct WordTable {
    /// A bit that the number of a word has that is none of the table.
    static let none: UInt32 = 1 << 31

    /// A word of up to sixteen bytes, as two numbers.
    fileprivate struct Entry {
        var low: UInt64
        var high: UInt64
        /// ``none`` for a free place.
        var number: UInt32

        init(_ text: ArraySlice<UInt8>, _ number: UInt32) {
            self.number = number
            // No byte of a word is 0, so that no two have the same key.
            (low, high) = (text + [UInt8](repeating: 0, count: 16)).withUnsafeBytes {
                ($0.loadUnaligned(as: UInt64.self), $0.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            }
        }
    }

    private struct LongWord {
        /// Empty for a free place.
        var bytes = 0..<0
        var number = WordTable.none
    }

    private let hash: PerfectHash
    private let entries: [Entry]
    private let longHash: PerfectHash
    private let longWords: [LongWord]
    /// Of all long words, end to end.
    private let bytes: [UInt8]
    /// As many bytes of ones, from a place on, as that is before the middle.
    private let masks = [UInt8](repeating: 0xFF, count: 16) + [UInt8](repeating: 0, count: 16)

    /// - Parameter words: each once, none empty or with a NUL, and the number of each, less than ``none``.
    /// - Throws: ``TextGraph/Unsuited`` when their hashes are not different.
    init(_ words: [(bytes: ArraySlice<UInt8>, number: UInt32)]) throws {
        var (short, long): ([(UInt64, Entry)], [(UInt64, LongWord)]) = ([], [])
        var bytes: [UInt8] = []
        for (text, number) in words {
            if text.count <= 16 {
                let entry = Entry(text, number)
                short.append((PerfectHash.hash(entry.low, entry.high), entry))
            } else {
                long.append(
                    (
                        text.withUnsafeBytes { Self.longHash($0.baseAddress!, text.count) },
                        LongWord(bytes: bytes.count..<bytes.count + text.count, number: number)
                    ))
                bytes += text
            }
        }
        (hash, entries) = try Self.table(of: short, free: Entry([], Self.none))
        (longHash, longWords) = try Self.table(of: long, free: LongWord())
        self.bytes = bytes
    }

    private static func table<Word>(of words: [(hash: UInt64, word: Word)], free: Word) throws -> (PerfectHash, [Word])
    {
        guard let hash = PerfectHash(words.map(\.hash)) else { throw TextGraph.Unsuited("its words have no hash") }
        var table = [Word](repeating: free, count: hash.size)
        hash.withPlaces { places in
            for (hash, word) in words { table[places[hash]] = word }
        }
        return (hash, table)
    }

    /// Looks up words in a closure, which gets the table with its memory at hand.
    @inline(__always)
    func withLookup<Value>(_ body: (Lookup) -> Value) -> Value {
        hash.withPlaces { places in
            entries.withUnsafeBufferPointer { entries in
                masks.withUnsafeBytes { masks in
                    body(Lookup(table: self, places: places, entries: entries, masks: masks.baseAddress!))
                }
            }
        }
    }

    struct Lookup {
        fileprivate let table: WordTable
        fileprivate let places: PerfectHash.Places
        fileprivate let entries: UnsafeBufferPointer<Entry>
        fileprivate let masks: UnsafeRawPointer

        /// The number of a word; with ``WordTable/none`` in it when it has none.
        ///
        /// - Parameter text: its bytes, of which sixteen can be read whatever the `count`.
        @inline(__always)
        func number(_ text: UnsafeRawPointer, _ count: Int) -> UInt32 {
            if count > 16 { return table.findLong(text, count) }
            let mask = masks + (16 &- count)
            let low = text.loadUnaligned(as: UInt64.self) & mask.loadUnaligned(as: UInt64.self)
            let high =
                text.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
                & mask.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            let entry = entries[places[PerfectHash.hash(low, high)]]
            let differences = (entry.low ^ low) | (entry.high ^ high)
            // Of any other word the number is read too, and marked: a branch on what it is nobody could foresee.
            return entry.number | (differences == 0 ? 0 : WordTable.none)
        }
    }

    @inline(never)
    private func findLong(_ text: UnsafeRawPointer, _ count: Int) -> UInt32 {
        let word = longHash.withPlaces { longWords[$0[Self.longHash(text, count)]] }
        guard word.bytes.count == count else { return Self.none }
        return bytes.withUnsafeBytes { memcmp($0.baseAddress! + word.bytes.lowerBound, text, count) } == 0
            ? word.number : Self.none
    }

    /// - Parameter count: more than sixteen; of the bytes that do not fill another sixteen, some are read a second time.
    private static func longHash(_ text: UnsafeRawPointer, _ count: Int) -> UInt64 {
        var hash = UInt64(count)
        for offset in stride(from: 0, to: count, by: 16) {
            let bytes = text + min(offset, count - 16)
            hash = PerfectHash.hash(
                hash ^ bytes.loadUnaligned(as: UInt64.self), bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        }
        return hash
    }
}
