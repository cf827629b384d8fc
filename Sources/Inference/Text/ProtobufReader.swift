/// Reads the fields of one message of Protocol Buffers, bounded by its own bytes.
///
/// The format: <https://protobuf.dev/programming-guides/encoding/>. Nothing is built: a field's bytes are a range of the
/// file, read on when they are needed.
struct ProtobufReader {
    enum Value {
        case number(UInt64)
        /// Four bytes, such as a float.
        case word(UInt32)
        case bytes(Range<Int>)
    }

    /// The file is not what it says it is.
    struct Malformed: Error {}

    let file: [UInt8]
    private(set) var position: Int
    private let end: Int

    init(_ file: [UInt8], _ range: Range<Int>) {
        self.file = file
        position = range.lowerBound
        end = range.upperBound
    }

    /// The next field; nil at the end.
    ///
    /// - Throws: ``Malformed``.
    mutating func next() throws -> (number: Int, value: Value)? {
        guard position < end else { return nil }
        let tag = try varint()
        guard tag >> 3 > 0, tag >> 3 < 1 << 29 else { throw Malformed() }
        let number = Int(tag >> 3)
        switch tag & 7 {
        case 0: return (number, .number(try varint()))
        case 1: return (number, .number(try fixed(8)))
        case 2:
            let count = try varint()
            guard count <= UInt64(end - position) else { throw Malformed() }
            let start = position
            position += Int(count)
            return (number, .bytes(start..<position))
        case 5: return (number, .word(UInt32(try fixed(4))))
        default: throw Malformed()
        }
    }

    mutating func varint() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < end else { throw Malformed() }
            let byte = file[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Malformed()
    }

    var isAtEnd: Bool { position >= end }

    mutating func fixed(_ count: Int) throws -> UInt64 {
        guard end - position >= count else { throw Malformed() }
        defer { position += count }
        return (0..<count).reduce(0) { $0 | UInt64(file[position + $1]) << UInt64(8 * $1) }
    }
}
