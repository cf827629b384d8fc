internal import Compression

/// The frame of every stored blob: a format byte, the CRC-32 of what follows, then the content.
enum Blob {
    /// The only format so far: columns one after the other, uncompressed.
    private static let columns: UInt8 = 1
    private static let headerBytes = 5

    static func seal(_ write: (inout ByteWriter) -> Void, reserving capacity: Int) -> [UInt8] {
        var content = ByteWriter(reserving: capacity)
        write(&content)
        var blob = ByteWriter(reserving: content.bytes.count + headerBytes)
        blob.append(columns)
        blob.append(checksum(content.bytes[...]))
        return blob.bytes + content.bytes
    }

    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    static func open(_ blob: [UInt8]) throws -> ByteReader {
        guard blob.count >= headerBytes else { throw StoreError.corruptBlob }
        guard blob[0] == columns else { throw StoreError.unknownFormat(blob[0]) }
        var header = ByteReader(blob, from: 1)
        guard try header.uint32() == checksum(blob[headerBytes...]) else { throw StoreError.corruptBlob }
        return ByteReader(blob, from: headerBytes)
    }

    private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        bytes.withUnsafeBytes { Compression.checksum($0) }
    }
}
