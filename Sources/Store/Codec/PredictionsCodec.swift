package import Core

extension Predictions {
    /// The predictions as a stored result.
    package func encoded() -> [UInt8] {
        Blob.seal(
            { blob in
                blob.append(UInt32(count))
                blob.append(UInt32(width))
                blob.append(raw: values)
                blob.append(ids: ids)
                blob.append(faults)
            }, reserving: 64 + values.count * 4)
    }

    /// Reads a stored result back.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    package init(result: [UInt8]) throws {
        var blob = try Blob.open(result)
        let count = try blob.count()
        let width = try blob.count()
        let values = try blob.raw(Float.self)
        let ids = try blob.ids()
        self.init(count: count, width: width, values: values, faults: try blob.faults(of: count), ids: ids)
        // Two numbers of 32 bits have a product that no Int holds.
        let (needed, isOverflow) = succeededCount.multipliedReportingOverflow(by: width)
        guard !isOverflow, values.count == needed, ids == nil || ids?.count == count else {
            throw StoreError.corruptBlob
        }
    }
}
