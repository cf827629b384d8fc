import Core

/// The caller's own row id, by which results are matched to customers.
extension RowsBuilder {
    /// Takes a row's id; a bad one fails its row, because results could not be matched without it.
    ///
    /// - Parameter id: valid UTF-8; empty means none.
    mutating func setID(_ id: UnsafeRawBufferPointer) {
        guard id.count <= Limits.rowIDBytes else {
            return fail(.textTooLong, "The row's id is longer than \(Limits.rowIDBytes) bytes; shorten it.")
        }
        guard !ByteSearch.contains(0, in: id) else {
            return fail(.wrongType, "The row's id has the character U+0000; remove it.")
        }
        row.id.removeAll(keepingCapacity: true)
        row.id.append(contentsOf: id)
    }
}
