internal import Core

/// Decides which of the chunks that wait one claim takes, in their order: as many as fit, or one that is under suspicion.
///
/// Small chunks that come first run without large ones: somebody waits for them, and a run that is filled up takes its
/// whole time.
struct ClaimRoom {
    private var rows: Int
    private var bytes: Int
    /// Whether the first chunk is small; nil before it.
    private var startsSmall: Bool?
    /// Whether nothing more is taken.
    private(set) var isClosed = false

    /// - Parameters:
    ///   - rows: rows that fit; the first chunk may have more.
    ///   - bytes: bytes of the chunks' rows that fit, likewise.
    init(rows: Int, bytes: Int) {
        self.rows = rows
        self.bytes = bytes
    }

    /// Whether the claim takes the next chunk.
    mutating func takes(rows: Int, bytes: Int, isSuspect: Bool) -> Bool {
        self.rows -= rows
        self.bytes -= bytes
        let isSmall = rows <= Limits.smallChunkRows
        if let startsSmall {
            isClosed = isSuspect || self.rows < 0 || self.bytes < 0 || startsSmall && !isSmall
            return !isClosed
        }
        startsSmall = isSmall
        isClosed = isSuspect
        return true
    }
}
