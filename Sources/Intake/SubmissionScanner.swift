package import Core

/// Scans the rows of a JSON body, a chunk at a time.
///
/// Comes from: ``JSONSubmission``. Goes to: ``RowsBuilder``.
package struct SubmissionScanner: Sendable {
    private let submission: JSONSubmission
    private let reader: JSONRowReader
    /// Where the next row begins, or the comma before it.
    private var position: Int
    /// The number of rows that are still to be scanned.
    package private(set) var remainingCount: Int

    init(_ submission: JSONSubmission, reader: JSONRowReader) {
        self.submission = submission
        self.reader = reader
        position = submission.rows.range.lowerBound + (submission.isSingle ? 0 : 1)
        remainingCount = submission.rowCount
    }

    /// Scans rows until the builder is full or none is left.
    ///
    /// - Parameter builder: one made for the signature of this scanner; not full.
    /// - Returns: whether rows are left; take those gathered before going on.
    package mutating func fill(_ builder: inout RowsBuilder) throws -> Bool {
        precondition(!builder.isFull, "take the rows before more are scanned")
        builder.place = place
        try submission.bytes.withUnsafeBytes { bytes in
            var json = JSONCursor(bytes, at: position)
            while remainingCount > 0, !builder.isFull {
                _ = json.take(",")
                try scanRow(&json, into: &builder)
                remainingCount -= 1
            }
            position = json.position
        }
        return remainingCount > 0
    }

    /// Scans all rows that are left.
    ///
    /// - Returns: the rows in chunks, none of them empty; the builder holds the report of the bad ones.
    package mutating func scanAll(into builder: inout RowsBuilder) throws -> [Rows] {
        var chunks: [Rows] = []
        while remainingCount > 0 {
            _ = try fill(&builder)
            chunks.append(builder.take())
        }
        return chunks
    }

    private var place: RowPlace {
        let name = submission.carrier.rawValue
        return submission.isSingle ? .member(name) : .element(of: name)
    }

    private func scanRow(_ json: inout JSONCursor, into builder: inout RowsBuilder) throws {
        builder.beginRow(line: nil)
        if submission.isSingle { try readOuterID(json.bytes, into: &builder) }
        _ = json.peek()
        let start = json.position
        try reader.read(&json, into: &builder)
        if json.position - start > Limits.rowBytes {
            builder.fail(.rowTooLarge, "The row is longer than \(Limits.rowBytes) bytes; shorten it.")
        }
        builder.endRow()
    }

    /// Reads the id that stands beside a single row.
    private func readOuterID(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws {
        guard let id = submission.members["id"] else { return }
        var json = JSONCursor(bytes, at: id.range.lowerBound)
        try JSONRowReader.readID(&json, into: &builder)
    }
}
