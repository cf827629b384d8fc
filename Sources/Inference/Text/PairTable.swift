/// Finds a pair of words in a row by their numbers.
struct PairTable {
    /// Twelve bytes: five of them in a line of the cache.
    struct Entry {
        var first: UInt32
        var second: UInt32
        /// `WordTable.none` for a free place.
        var feature: UInt32
    }

    private let hash: PerfectHash
    private let entries: [Entry]

    /// - Parameter pairs: each once.
    /// - Throws: ``TextGraph/Unsuited`` when their hashes are not different.
    init(_ pairs: [Entry]) throws {
        let hashes = pairs.map { Self.hash($0.first, $0.second) }
        guard let hash = PerfectHash(hashes) else { throw TextGraph.Unsuited("its pairs of words have no hash") }
        var entries = [Entry](
            repeating: Entry(first: 0, second: 0, feature: WordTable.none), count: hash.size)
        hash.withPlaces { places in
            for (pair, hash) in zip(pairs, hashes) { entries[places[hash]] = pair }
        }
        (self.hash, self.entries) = (hash, entries)
    }

    /// Looks up pairs in a closure, which gets the table with its memory at hand.
    @inline(__always)
    func withLookup<Value>(_ body: (Lookup) -> Value) -> Value {
        hash.withPlaces { places in
            entries.withUnsafeBufferPointer { body(Lookup(places: places, entries: $0)) }
        }
    }

    struct Lookup {
        fileprivate let places: PerfectHash.Places
        fileprivate let entries: UnsafeBufferPointer<Entry>

        /// The feature of a pair of words; with `WordTable.none` in it when it is none.
        @inline(__always)
        func feature(_ first: UInt32, _ second: UInt32) -> UInt32 {
            let entry = entries[places[PairTable.hash(first, second)]]
            let differences = (entry.first ^ first) | (entry.second ^ second)
            return entry.feature | (differences == 0 ? 0 : WordTable.none)
        }
    }

    @inline(__always)
    private static func hash(_ first: UInt32, _ second: UInt32) -> UInt64 {
        PerfectHash.hash(UInt64(first) << 32 | UInt64(second), 0)
    }
}
