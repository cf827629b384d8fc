package import Core

/// Turns a stream of bytes into rows, a piece at a time; CSV and NDJSON are its two formats.
///
/// Pieces may be cut anywhere: the rows are the same.
package protocol RowScanner: Sendable {
    /// Scans a piece until it ends or the builder is full.
    ///
    /// Where it stops before the piece's end, the bytes taken so far are the rows of the builder, a record that was
    /// cut, and what a table's scanner holds to find out how it is written (``Limits/sniffedBytes``).
    ///
    /// - Parameters:
    ///   - bytes: the next bytes of the stream.
    ///   - builder: where the rows go; it must not be full.
    /// - Returns: the number of bytes taken; feed the rest after `take()`.
    /// - Throws: `IntakeError` when no later row can be told apart; the scanner is of no use any more.
    mutating func feed(_ bytes: UnsafeRawBufferPointer, into builder: inout RowsBuilder) throws -> Int

    /// Scans what is left when the stream has ended.
    ///
    /// - Parameter builder: where the rows go; it must not be full.
    /// - Returns: whether rows are left: take those in the builder, then call again.
    mutating func finish(into builder: inout RowsBuilder) throws -> Bool

    /// Hands over the lengths of the records whose rows the builder gathered since the last call.
    ///
    /// Called whenever the builder's rows are taken, it has one length for each of them.
    mutating func takeRecords() -> RecordSpans
}

extension RowScanner {
    /// Scans a piece held in an array; see ``feed(_:into:)-(UnsafeRawBufferPointer,_)``.
    package mutating func feed(_ bytes: ArraySlice<UInt8>, into builder: inout RowsBuilder) throws -> Int {
        try bytes.withUnsafeBytes { try feed($0, into: &builder) }
    }

    /// Scans a whole input that is held in memory.
    ///
    /// - Returns: its rows in chunks, none of them empty.
    package mutating func scanAll(_ bytes: [UInt8], into builder: inout RowsBuilder) throws -> [Rows] {
        var chunks: [Rows] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            rest = rest.dropFirst(try feed(rest, into: &builder))
            if builder.isFull { chunks.append(builder.take()) }
        }
        var hasMore = true
        while hasMore {
            hasMore = try finish(into: &builder)
            if builder.count > 0 { chunks.append(builder.take()) }
        }
        return chunks
    }
}
