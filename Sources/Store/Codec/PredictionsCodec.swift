package import Core

extension Predictions {
    /// The predictions as a stored result.
    package func encoded() -> [UInt8] {
        Blob.seal(
            { blob in
                blob.append(UInt32(count))
                blob.append(UInt32(width))
                if precision == .single { blob.append(raw: values.map { Float($0) }) } else { blob.append(raw: values) }
                blob.append(ids: ids)
                blob.append(faults)
            }, as: precision == .single ? .columns : .doubles, reserving: 64 + values.count * 8)
    }

    /// Reads a stored result back.
    ///
    /// - Throws: ``StoreError/corruptBlob`` or ``StoreError/unknownFormat(_:)``.
    package init(result: [UInt8]) throws {
        var (format, blob) = try Blob.openAny(result)
        guard format == .columns || format == .doubles else { throw StoreError.unknownFormat(format.rawValue) }
        let count = try blob.count()
        let width = try blob.count()
        let values = format == .doubles ? try blob.raw(Double.self) : try blob.raw(Float.self).map { Double($0) }
        let ids = try blob.ids()
        self.init(
            count: count, width: width, values: values, precision: format == .doubles ? .double : .single,
            faults: try blob.faults(of: count), ids: ids)
        // Two numbers of 32 bits have a product that no Int holds.
        let (needed, isOverflow) = succeededCount.multipliedReportingOverflow(by: width)
        guard !isOverflow, values.count == needed, ids == nil || ids?.count == count else {
            throw StoreError.corruptBlob
        }
    }
}
