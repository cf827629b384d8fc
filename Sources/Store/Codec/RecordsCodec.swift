internal import Compression
package import Core

extension Records {
    /// The records as they are stored: where they end, then their bytes deflated.
    package func encoded() -> [UInt8] {
        let deflated = Deflate.raw(bytes, level: 1)
        return Blob.seal(
            { blob in
                blob.append(raw: ends)
                blob.append(UInt32(bytes.count))
                blob.append(raw: deflated)
            }, reserving: 16 + ends.count * 4 + deflated.count)
    }

    /// Reads stored records back.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    package init(record: [UInt8]) throws {
        var blob = try Blob.open(record)
        let ends = try blob.raw(UInt32.self)
        let count = try blob.count()
        let deflated = try blob.raw(UInt8.self)
        guard let bytes = try? Inflate.raw(deflated, upTo: count),  // try? because damage of any kind is one error
            bytes.count == count, Int(ends.last ?? 0) == count, zip(ends, ends.dropFirst()).allSatisfy(<=)
        else { throw StoreError.corruptBlob }
        self.init(bytes: bytes, ends: ends)
    }
}
