package import Core

/// Scans rows that a document holds in a place of its own, such as the golden rows of a manifest.
package enum JSONRows {
    /// Scans a JSON array of rows, each written as in a submission's `inputs`.
    ///
    /// - Returns: the rows, bad ones as faults; all in one chunk.
    /// - Throws: `IntakeError` when the bytes are not a JSON array, or when it has more rows than the limit.
    package static func scan(
        array bytes: [UInt8], for signature: Signature, limit: Int = Limits.chunkRows
    ) throws -> Rows {
        let reader = JSONRowReader(signature)
        var builder = RowsBuilder(signature: signature, chunkRows: .max, chunkBytes: 1 << 30)
        try bytes.withUnsafeBytes { bytes in
            var json = JSONCursor(bytes)
            guard json.peek() == UInt8(ascii: "[") else {
                throw IntakeError.wrongDocument(expected: "a JSON array of rows")
            }
            try json.takeArray { json in
                guard builder.count < limit else { throw IntakeError.tooManyRows(found: limit + 1, limit: limit) }
                builder.beginRow(line: nil)
                try reader.read(&json, into: &builder)
                builder.endRow()
            }
            try json.expectEnd()
        }
        return builder.take()
    }
}
