internal import Core

/// Appends numbers and texts to a buffer, little-endian, without padding.
struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(reserving capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func append(_ byte: UInt8) { bytes.append(byte) }

    mutating func append(_ number: UInt32) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Overwrites a number that was appended before it was known.
    mutating func replace(at position: Int, with number: UInt32) {
        bytes.withUnsafeMutableBytes { $0.storeBytes(of: number.littleEndian, toByteOffset: position, as: UInt32.self) }
    }

    /// Appends the values' bytes as they lie in memory: every machine that Sibyl runs on is little-endian.
    mutating func append<Number: BitwiseCopyable>(raw numbers: [Number]) {
        append(UInt32(numbers.count))
        numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }

    mutating func append(_ text: String) {
        append(UInt32(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func append(_ texts: TextColumn) {
        append(raw: texts.ends)
        append(raw: texts.bytes)
    }

    mutating func append(_ faults: [RowFault]) {
        append(UInt32(faults.count))
        for fault in faults {
            append(UInt32(fault.row))
            append(UInt32(clamping: fault.line ?? 0))
            append(fault.code.rawValue)
            append(fault.pointer)
            append(fault.message)
        }
    }

    mutating func append(ids: TextColumn?) {
        append(UInt8(ids == nil ? 0 : 1))
        if let ids { append(ids) }
    }
}
