internal import Core
internal import Intake

/// Holds the bytes of a stream until the scanner says which rows they were, and cuts them there.
///
/// What it holds is bounded by the scanner: a chunk, a record that was cut, and what is looked at to find out the format.
struct RecordCutter {
    /// Whether records are wanted; the header always is, since whoever goes on with the stream needs it.
    let keepsRecords: Bool
    private var held: [UInt8] = []
    private var isHeaderCut = false

    /// - Parameter isResumed: whether the stream's header was cut before.
    init(keepsRecords: Bool, isResumed: Bool) {
        self.keepsRecords = keepsRecords
        isHeaderCut = isResumed
    }

    mutating func add(_ bytes: [UInt8]) {
        if keepsRecords || !isHeaderCut { held.append(contentsOf: bytes) }
    }

    /// Cuts off the bytes of rows that were taken.
    mutating func cut(_ spans: RecordSpans) -> (header: [UInt8], records: Records?, tail: [UInt8]) {
        let header = Array(held.prefix(spans.headerBytes))
        guard keepsRecords else {
            (held, isHeaderCut) = ([], isHeaderCut || !header.isEmpty || !spans.lengths.isEmpty)
            return (header, nil, [])
        }
        let end = spans.byteCount - spans.tailBytes
        let records = Records(bytes: Array(held[spans.headerBytes..<end]), lengths: spans.lengths)
        let tail = Array(held[end..<spans.byteCount])
        held.removeFirst(spans.byteCount)
        isHeaderCut = true
        return (header, records, tail)
    }
}
