internal import Compression
package import Core

extension Records {
    /// The records as they are stored: where they end, then their bytes, packed if they are numbers and else compressed.
    package func encoded() -> [UInt8] {
        if let packed = DigitPacking(bytes) { return encoded(packed) }
        let compressed = Zstandard.compress(bytes)
        return Blob.seal(
            { blob in
                blob.append(raw: ends)
                blob.append(UInt32(bytes.count))
                blob.append(raw: compressed)
            }, as: .zstandard, reserving: 16 + ends.count * 4 + compressed.count)
    }

    private func encoded(_ packed: DigitPacking) -> [UInt8] {
        Blob.seal(
            { blob in
                blob.append(raw: ends)
                blob.append(UInt32(bytes.count))
                blob.append(raw: packed.codes)
                blob.append(raw: packed.others)
            }, as: .packedDigits, reserving: 16 + ends.count * 4 + packed.codes.count + packed.others.count)
    }

    /// Reads stored records back.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    package init(record: [UInt8]) throws {
        var (format, blob) = try Blob.openAny(record)
        let ends = try blob.raw(UInt32.self)
        let count = try blob.count()
        let bytes = try Self.bytes(format, count, &blob)
        guard bytes.count == count, Int(ends.last ?? 0) == count, Self.areAscending(ends) else {
            throw StoreError.corruptBlob
        }
        self.init(bytes: bytes, ends: ends)
    }

    private static func bytes(_ format: Blob.Format, _ count: Int, _ blob: inout ByteReader) throws -> [UInt8] {
        let first = try blob.raw(UInt8.self)
        do {
            switch format {
            // As they were written before there was Zstandard.
            case .columns: return try Inflate.raw(first, upTo: count)
            case .zstandard: return try Zstandard.decompress(first, count: count)
            case .packedDigits:
                return try DigitPacking(codes: first, others: try blob.raw(UInt8.self)).bytes(count: count)
            case .rows, .doubles: throw StoreError.unknownFormat(format.rawValue)
            }
        } catch is CompressionError {
            // Damage of any kind is one error.
            throw StoreError.corruptBlob
        }
    }

    private static func areAscending(_ ends: [UInt32]) -> Bool {
        var last: UInt32 = 0
        for end in ends {
            if end < last { return false }
            last = end
        }
        return true
    }
}
