internal import Core
internal import Digest
internal import Intake

/// Holds the bytes of a stream until the scanner says which rows they were, and cuts them there.
///
/// What it holds is bounded by the scanner: a chunk, a record that was cut, and what is looked at to find out the format.
struct RecordCutter {
    /// Whether records are wanted; the header always is, since whoever goes on with the stream needs it.
    let keepsRecords: Bool
    /// The SHA-256 of all that was cut, in this request and those before; nil where the records tell it.
    private(set) var digest: ResumableSHA256?
    private var held: [UInt8] = []
    private var isHeaderCut = false

    /// - Parameters:
    ///   - isResumed: whether the stream's header was cut before.
    ///   - digest: what was hashed of bytes that are not kept; nil not to hash.
    init(keepsRecords: Bool, isResumed: Bool, digest: ResumableSHA256? = nil) {
        self.keepsRecords = keepsRecords
        self.digest = digest
        isHeaderCut = isResumed
    }

    mutating func add(_ bytes: [UInt8]) {
        if keepsRecords || digest != nil || !isHeaderCut { held.append(contentsOf: bytes) }
    }

    /// Cuts off the bytes of rows that were taken.
    mutating func cut(_ spans: RecordSpans) -> (header: [UInt8], records: Records?, tail: [UInt8]) {
        let header = Array(held.prefix(spans.headerBytes))
        digest?.update(held[..<spans.byteCount])
        guard keepsRecords else {
            if digest != nil {
                held.removeFirst(spans.byteCount)
                return (header, nil, [])
            }
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
