internal import Compression

/// The frame of every stored blob: a format byte, the CRC-32 of what follows, then the content.
enum Blob {
    /// How the content is written.
    enum Format: UInt8 {
        /// Parts one after the other, numbers as they lie in memory.
        case columns = 1
        /// The same, with records as packed digits; see `DigitPacking`.
        case packedDigits = 2
        /// The same, with records in the Zstandard format.
        case zstandard = 3
        /// Rows with as many columns as 32 bits can count.
        case rows = 4
        /// Predictions whose values are doubles.
        case doubles = 5
    }

    private static let headerBytes = 5

    static func seal(
        _ write: (inout ByteWriter) -> Void, as format: Format = .columns, reserving capacity: Int
    ) -> [UInt8] {
        var blob = ByteWriter(reserving: capacity + headerBytes)
        blob.append(format.rawValue)
        blob.append(UInt32(0))
        write(&blob)
        blob.replace(at: 1, with: checksum(blob.bytes[headerBytes...]))
        return blob.bytes
    }

    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    static func open(_ blob: [UInt8], as expected: Format) throws -> ByteReader {
        let (format, reader) = try openAny(blob)
        guard format == expected else { throw StoreError.unknownFormat(blob[0]) }
        return reader
    }

    /// Opens a blob of which there are several formats.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    static func openAny(_ blob: [UInt8]) throws -> (Format, ByteReader) {
        guard blob.count >= headerBytes else { throw StoreError.corruptBlob }
        guard let format = Format(rawValue: blob[0]) else { throw StoreError.unknownFormat(blob[0]) }
        var header = ByteReader(blob, from: 1)
        guard try header.uint32() == checksum(blob[headerBytes...]) else { throw StoreError.corruptBlob }
        return (format, ByteReader(blob, from: headerBytes))
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { Compression.checksum($0) }
    }
}
