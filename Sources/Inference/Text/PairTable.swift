/// Finds a pair of words in a row by their numbers; most pairs of a text are none, which a filter of bits tells first.
struct PairTable {
    struct Entry {
        var key: UInt64
        /// -1 for a free place.
        var feature: Int32
    }

    private var entries: [Entry]
    /// One bit for the hash of each pair: small enough to stay in a core's cache.
    private var filter = [UInt64](repeating: 0, count: Self.filterBits / 64)
    private static let filterBits = 1 << 18

    /// - Parameter capacity: pairs at most.
    init(capacity: Int) {
        var size = 16
        while size * 3 < capacity * 5 { size *= 2 }
        entries = Array(repeating: Entry(key: 0, feature: -1), count: size)
    }

    mutating func add(_ first: Int32, _ second: Int32, feature: Int32) {
        let key = Self.key(first, second)
        let hash = WordTable.mix(key)
        filter[Self.bit(hash) >> 6] |= 1 << UInt64(Self.bit(hash) & 63)
        var place = Self.place(hash, in: entries.count)
        while entries[place].feature >= 0 { place = (place + 1) & (entries.count - 1) }
        entries[place] = Entry(key: key, feature: feature)
    }

    /// Looks up pairs in a closure, which gets the filter.
    @inline(__always)
    func withFilter<Value>(_ body: (UnsafeBufferPointer<UInt64>) -> Value) -> Value {
        filter.withUnsafeBufferPointer(body)
    }

    /// The feature of a pair; -1 when it is none.
    @inline(__always)
    func find(_ first: Int32, _ second: Int32, in filter: UnsafeBufferPointer<UInt64>) -> Int32 {
        let hash = WordTable.mix(Self.key(first, second))
        let bit = Self.bit(hash)
        guard filter[bit &>> 6] &>> UInt64(truncatingIfNeeded: bit & 63) & 1 == 1 else { return -1 }
        return findLikely(Self.key(first, second), hash)
    }

    @inline(never)
    private func findLikely(_ key: UInt64, _ hash: UInt64) -> Int32 {
        entries.withUnsafeBufferPointer { entries in
            var place = Self.place(hash, in: entries.count)
            while entries[place].feature >= 0 {
                if entries[place].key == key { return entries[place].feature }
                place = (place + 1) & (entries.count - 1)
            }
            return -1
        }
    }

    @inline(__always)
    private static func key(_ first: Int32, _ second: Int32) -> UInt64 {
        UInt64(UInt32(bitPattern: first)) << 32 | UInt64(UInt32(bitPattern: second))
    }

    @inline(__always)
    private static func bit(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash &>> 40) & (filterBits - 1) }

    @inline(__always)
    private static func place(_ hash: UInt64, in size: Int) -> Int {
        Int(truncatingIfNeeded: hash &>> 16) & (size &- 1)
    }
}
