/// The caller's own bytes of some rows, as they came: what is given back with columns added.
///
/// Comes from: the scanner, beside ``Rows``. Goes to: the store, and from there into results and repeated runs.
package struct Records: Sendable, Equatable {
    /// The records end to end, each with its line end, in the character set in which they came.
    package var bytes: [UInt8]
    /// For each row where its record ends in ``bytes``; it starts where the one before it ends.
    package var ends: [UInt32]

    package init(bytes: [UInt8], ends: [UInt32]) {
        self.bytes = bytes
        self.ends = ends
    }

    /// - Parameter lengths: for each row the bytes of its record.
    package init(bytes: [UInt8], lengths: [UInt32]) {
        var end: UInt32 = 0
        self.init(
            bytes: bytes,
            ends: lengths.map {
                end += $0
                return end
            })
    }

    package var count: Int { ends.count }

    /// Where a row's record is.
    package func range(at row: Int) -> Range<Int> { (row == 0 ? 0 : Int(ends[row - 1]))..<Int(ends[row]) }
}
