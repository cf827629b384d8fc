/// A sum over the rows of a table, in whatever order they come, that any change of one row changes.
///
/// Each word of a row changes the row's number in a way that can be undone, so that two rows that differ in one word never
/// have the same; the sum of several differs by chance of one in 2⁶⁴. It guards against accidents, not against people.
struct RowDigest: Sendable, Equatable {
    private(set) var sum: UInt64

    init(sum: Int64 = 0) { self.sum = UInt64(bitPattern: sum) }

    /// The sum as a database stores it.
    var stored: Int64 { Int64(bitPattern: sum) }

    mutating func add(_ values: [SQLValue]) {
        var state: UInt64 = 0x9E37_79B9_7F4A_7C15
        for value in values { Self.add(value, to: &state) }
        sum &+= state
    }

    private static func add(_ value: SQLValue, to state: inout UInt64) {
        switch value {
        case .null: mix(1, into: &state)
        case .integer(let number):
            mix(2, into: &state)
            mix(UInt64(bitPattern: number), into: &state)
        case .real(let number):
            mix(3, into: &state)
            mix(number.bitPattern, into: &state)
        case .text(var text):
            mix(4, into: &state)
            text.withUTF8 { mix(bytes: UnsafeRawBufferPointer($0), into: &state) }
        case .blob(let bytes):
            mix(5, into: &state)
            bytes.withUnsafeBytes { mix(bytes: $0, into: &state) }
        }
    }

    private static func mix(bytes: UnsafeRawBufferPointer, into state: inout UInt64) {
        mix(UInt64(bytes.count), into: &state)
        var offset = 0
        while offset + 8 <= bytes.count {
            mix(UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)), into: &state)
            offset += 8
        }
        var last: UInt64 = 0
        for byte in bytes[offset...] { last = last << 8 | UInt64(byte) }
        mix(last, into: &state)
    }

    private static func mix(_ word: UInt64, into state: inout UInt64) {
        state = (state ^ word) &* 0xBF58_476D_1CE4_E5B9
        state ^= state >> 29
    }
}
