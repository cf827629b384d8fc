import CZlib

/// Compresses a stream of bytes into the gzip format, piece by piece.
///
/// Belongs to one task or thread at a time.
///
/// Comes from: a body writer. Goes to: the connection.
package final class GzipEncoder {
    private let stream: DeflateStream

    /// - Parameter level: 1 (fast) to 9 (small).
    package init(level: Int = 6) { stream = DeflateStream(format: .gzip, level: level) }

    /// Compresses a piece and gives the bytes that are ready, which may be none.
    ///
    /// - Parameter flush: makes all that was fed so far readable by the other end, at a small cost in size.
    package func feed(_ bytes: [UInt8], flush: Bool = false) -> [UInt8] {
        stream.compress(bytes, flush: flush ? Z_SYNC_FLUSH : Z_NO_FLUSH)
    }

    /// Gives the last bytes; the encoder may not be used after it.
    package func finish() -> [UInt8] { stream.compress([], flush: Z_FINISH) }
}
