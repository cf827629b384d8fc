internal import Core

/// Reads what ``ByteWriter`` wrote and never reads past the end: stored bytes may be damaged.
struct ByteReader {
    private let bytes: [UInt8]
    private var position: Int

    init(_ bytes: [UInt8], from position: Int) {
        self.bytes = bytes
        self.position = position
    }

    mutating func byte() throws -> UInt8 { bytes[try advance(by: 1).lowerBound] }

    mutating func uint32() throws -> UInt32 {
        let range = try advance(by: 4)
        return bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: range.lowerBound, as: UInt32.self))
        }
    }

    mutating func count() throws -> Int { Int(try uint32()) }

    mutating func raw<Number: BitwiseCopyable>(_ type: Number.Type) throws -> [Number] {
        let count = try count()
        let range = try advance(by: count * MemoryLayout<Number>.stride)
        // All empty arrays are one, whose count would be written here, by many threads.
        if count == 0 { return [] }
        return bytes.withUnsafeBytes { source in
            [Number](unsafeUninitializedCapacity: count) { target, initialized in
                UnsafeMutableRawBufferPointer(target).copyMemory(from: UnsafeRawBufferPointer(rebasing: source[range]))
                initialized = count
            }
        }
    }

    mutating func text() throws -> String {
        let count = try count()
        return String(decoding: bytes[try advance(by: count)], as: UTF8.self)
    }

    mutating func texts() throws -> TextColumn {
        let ends = try raw(UInt32.self)
        let column = TextColumn(bytes: try raw(UInt8.self), ends: ends)
        var start: UInt32 = 0
        for end in ends {
            guard end >= start, end <= column.bytes.count else { throw StoreError.corruptBlob }
            start = end
        }
        return column
    }

    /// Reads the faults of so many rows: each of another row, ascending.
    mutating func faults(of rowCount: Int) throws -> [RowFault] {
        var faults: [RowFault] = []
        for _ in 0..<(try count()) {
            let row = try count()
            guard row < rowCount, row > faults.last?.row ?? -1 else { throw StoreError.corruptBlob }
            let line = try count()
            guard let code = ErrorCode(rawValue: try text()) else { throw StoreError.corruptBlob }
            faults.append(
                RowFault(row: row, line: line == 0 ? nil : line, pointer: try text(), code: code, message: try text()))
        }
        return faults
    }

    mutating func ids() throws -> TextColumn? { try byte() == 0 ? nil : try texts() }

    private mutating func advance(by count: Int) throws -> Range<Int> {
        guard count <= bytes.count - position else { throw StoreError.corruptBlob }
        defer { position += count }
        return position..<position + count
    }
}
