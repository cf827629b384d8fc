import CZlib

/// Tells zlib's framings apart by its own window-bits number: <https://zlib.net/manual.html#Advanced>.
enum ZlibFormat: Int32 {
    /// A gzip header and trailer around the stream.
    case gzip = 31
    /// The bare stream, for blobs that carry a checksum of their own.
    case raw = -15
}
