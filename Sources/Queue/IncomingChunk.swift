package import Core
internal import Store

/// Rows on their way in, and what they came from.
///
/// Comes from: the scanner. Goes to: ``Submissions``.
package struct IncomingChunk: Sendable {
    package var rows: Rows
    /// The bytes of the caller's input that these rows are, with what stands before the first of them.
    package var bytes: Int
    /// The caller's own records; nil when they are not kept.
    package var records: Records?

    package init(rows: Rows, bytes: Int, records: Records? = nil) {
        self.rows = rows
        self.bytes = bytes
        self.records = records
    }
}

/// A chunk as it is stored, encoded before the gate is entered.
struct EncodedChunk: Sendable {
    let rows: Int
    let bytes: Int
    let payload: [UInt8]
    let records: [UInt8]?

    init(_ chunk: IncomingChunk) {
        rows = chunk.rows.count
        bytes = chunk.bytes
        payload = chunk.rows.encoded()
        records = chunk.records?.encoded()
    }

    /// The bytes that are written for it.
    var storedBytes: Int { payload.count + (records?.count ?? 0) }
}
