import Core

/// Finds inputs by the bytes of their name, without making a string.
///
/// Names come from a model, so a caller cannot choose ones that collide; what a caller sends is only looked up.
struct NameTable: Sendable {
    private struct Entry: Sendable {
        let name: [UInt8]
        let input: Int
    }

    private var entries: [Entry] = []
    private var buckets: [[Int]]
    private let mask: Int

    /// Knows every input's name, then its aliases, then, for a model of one text, `text`; the first of equals wins.
    init(_ signature: Signature) {
        let names = signature.inputs.enumerated().map { ($1.name, $0) }
        let aliases = signature.inputs.enumerated().flatMap { index, input in input.aliases.map { ($0, index) } }
        let all = names + aliases + (signature.isText ? [("text", 0)] : [])
        var size = 8
        while size < all.count * 2 { size *= 2 }
        buckets = Array(repeating: [], count: size)
        mask = size - 1
        for (name, input) in all { add(Array(name.utf8), input) }
    }

    /// The input of a name; nil when no input has it.
    ///
    /// - Parameter expected: the input that most likely comes next; it is tried first.
    func input(named name: UnsafeRawBufferPointer, expected: Int) -> Int? {
        if expected < entries.count, entries[expected].input == expected, Self.matches(entries[expected].name, name) {
            return expected
        }
        for index in buckets[Self.hash(name) & mask] where Self.matches(entries[index].name, name) {
            return entries[index].input
        }
        return nil
    }

    private mutating func add(_ name: [UInt8], _ input: Int) {
        let bucket = name.withUnsafeBytes { Self.hash($0) } & mask
        entries.append(Entry(name: name, input: input))
        buckets[bucket].append(entries.count - 1)
    }

    private static func matches(_ name: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        name.count == bytes.count && name.withUnsafeBytes { $0.elementsEqual(bytes) }
    }

    /// FNV-1a: <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }
}
