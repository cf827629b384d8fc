/// Gives each key of a fixed set a place of its own, so that to look one up is one look, without a loop or a branch that
/// nobody could foresee.
///
/// Keys fall into buckets, of two to four each. A bucket has a seed, found by trying, with which each of its keys takes a
/// place that no other key has. A key that is not in the set takes the place of some other, or a free one: whoever asks
/// compares. As there are no chains, nobody who sends texts can make a look take longer.
struct PerfectHash {
    /// The number of places.
    let size: Int
    private let seeds: [UInt16]
    private let shift: UInt64

    /// - Parameter hashes: of the keys.
    /// - Returns: nil when two keys have the same hash: by chance once in 10^11 models, or because someone chose them so.
    init?(_ hashes: [UInt64]) {
        var buckets = 2
        while buckets * 4 < hashes.count { buckets *= 2 }
        let shift = UInt64(64 - buckets.trailingZeroBitCount)
        var grouped = [[UInt64]](repeating: [], count: buckets)
        for hash in hashes { grouped[Int(hash >> shift)].append(hash) }
        // Three more tries, each with more room, for a bucket that finds no seed.
        for room in 1...4 {
            let size = hashes.count + hashes.count * room / 8 + 1
            if let seeds = Self.seeds(for: grouped, size: size) {
                (self.size, self.seeds, self.shift) = (size, seeds, shift)
                return
            }
        }
        return nil
    }

    /// Finds a seed for each bucket, the fullest first, while there is much room.
    private static func seeds(for buckets: [[UInt64]], size: Int) -> [UInt16]? {
        var seeds = [UInt16](repeating: 0, count: buckets.count)
        var isTaken = [Bool](repeating: false, count: size)
        for bucket in buckets.indices.sorted(by: { buckets[$0].count > buckets[$1].count }) {
            let found = (0...UInt16.max).first { take(buckets[bucket], seed: $0, &isTaken) }
            guard let found else { return nil }
            seeds[bucket] = found
        }
        return seeds
    }

    /// Takes the places of a bucket's keys, all of them or none.
    private static func take(_ hashes: [UInt64], seed: UInt16, _ isTaken: inout [Bool]) -> Bool {
        for (index, hash) in hashes.enumerated() {
            let place = place(of: hash, seed: seed, size: isTaken.count)
            if isTaken[place] {
                for earlier in hashes[..<index] {
                    isTaken[Self.place(of: earlier, seed: seed, size: isTaken.count)] = false
                }
                return false
            }
            isTaken[place] = true
        }
        return true
    }

    /// Looks up keys in a closure, which gets this hash with its memory at hand.
    @inline(__always)
    func withPlaces<Value>(_ body: (Places) -> Value) -> Value {
        seeds.withUnsafeBufferPointer { body(Places(seeds: $0, shift: shift, size: size)) }
    }

    struct Places {
        fileprivate let seeds: UnsafeBufferPointer<UInt16>
        fileprivate let shift: UInt64
        fileprivate let size: Int

        /// - Returns: less than the hash's ``PerfectHash/size``.
        @inline(__always)
        subscript(hash: UInt64) -> Int {
            PerfectHash.place(of: hash, seed: seeds[Int(truncatingIfNeeded: hash &>> shift)], size: size)
        }
    }

    @inline(__always)
    private static func place(of hash: UInt64, seed: UInt16, size: Int) -> Int {
        let mixed = (hash ^ UInt64(seed)) &* 0x9E37_79B9_7F4A_7C15
        return Int(truncatingIfNeeded: ((mixed &>> 32) &* UInt64(truncatingIfNeeded: size)) &>> 32)
    }

    /// A hash of sixteen bytes: both halves of the product of two numbers of eight.
    @inline(__always)
    static func hash(_ low: UInt64, _ high: UInt64) -> UInt64 {
        let product = (low ^ 0xA076_1D64_78BD_642F).multipliedFullWidth(by: high ^ 0xE703_7ED1_A0B4_28DB)
        return product.low ^ product.high
    }
}
