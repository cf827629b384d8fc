/// Where rows of one chunk stand in the input: lengths in bytes of the input as it was sent, in order, without gaps.
///
/// Slicing the input by the spans of all chunks gives each row its own record and leaves nothing over.
///
/// Comes from: ``RowScanner/takeRecords()``. Goes to: what keeps a caller's own records beside their chunk.
package struct RecordSpans: Sendable, Equatable {
    /// Bytes before the first row: a table's byte order mark, blank lines and header; 0 in every later chunk.
    ///
    /// Lines of JSON have none: there a byte order mark belongs to the first row, like a blank line before it.
    package var headerBytes: Int
    /// For each row, faulty and oversized ones included, the bytes of its record with its line end; blank lines
    /// before a record belong to it.
    package var lengths: [UInt32]
    /// Bytes after the last row, blank lines at the end; only after `finish` returned false.
    package var tailBytes: Int
    /// The line of the input, from 1, on which the next record begins, or the blank lines before it.
    package var nextLine: Int

    package init(headerBytes: Int = 0, lengths: [UInt32] = [], tailBytes: Int = 0, nextLine: Int = 1) {
        (self.headerBytes, self.lengths, self.tailBytes) = (headerBytes, lengths, tailBytes)
        self.nextLine = nextLine
    }

    package var byteCount: Int { headerBytes + lengths.reduce(0) { $0 + Int($1) } + tailBytes }
}
