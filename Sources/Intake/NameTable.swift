import Core

/// Finds inputs by the bytes of their name, without making a string.
///
/// Names come from a model, so a caller cannot choose ones that collide; what a caller sends is only looked up.
struct NameTable: Sendable {
    private struct Entry: Sendable {
        let name: Range<Int>
        let input: Int
    }

    /// All names, one after another: few allocations, because a table is made for each request.
    private var bytes: [UInt8] = []
    private var entries: [Entry] = []
    /// For each hash the place of an entry, from 1; 0 is free, and equal hashes stand one after another.
    private var slots: [Int32]

    /// Knows every input's name, then its aliases, then, for a model of one text, `text`; the first of equals wins.
    init(_ signature: Signature) {
        let count = signature.inputs.reduce(1) { $0 + 1 + $1.aliases.count }
        var size = 8
        while size < count * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        entries.reserveCapacity(count)
        bytes.reserveCapacity(16 * count)
        for (index, input) in signature.inputs.enumerated() { add(input.name, index) }
        for (index, input) in signature.inputs.enumerated() { for alias in input.aliases { add(alias, index) } }
        if signature.isText { add("text", 0) }
    }

    /// The input of a name; nil when no input has it.
    ///
    /// - Parameter expected: the input that most likely comes next; it is tried first.
    func input(named name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        bytes.withUnsafeBytes { bytes in
            if expected < entries.count, entries[expected].input == expected,
                Self.matches(bytes[entries[expected].name], name)
            {
                return expected
            }
            var slot = Self.hash(name) & (slots.count - 1)
            while slots[slot] != 0 {
                let entry = entries[Int(slots[slot]) - 1]
                if Self.matches(bytes[entry.name], name) { return entry.input }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    private mutating func add(_ name: String, _ input: Int) {
        let start = bytes.count
        bytes.append(contentsOf: name.utf8)
        entries.append(Entry(name: start..<bytes.count, input: input))
        var slot =
            bytes.withUnsafeBytes { Self.hash(UnsafeRawBufferPointer(rebasing: $0[start...])) } & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = Int32(entries.count)
    }

    private static func matches(_ name: Slice<UnsafeRawBufferPointer>, _ bytes: UnsafeRawBufferPointer) -> Bool {
        name.count == bytes.count && name.elementsEqual(bytes)
    }

    /// FNV-1a: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
