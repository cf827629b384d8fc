import CZlib

/// Compresses bytes that are in memory whole.
package enum Deflate {
    /// Compresses into the gzip format.
    ///
    /// - Parameter level: 1 (fast) to 9 (small).
    package static func gzip(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
        let stream = DeflateStream(format: .gzip, level: level)
        return stream.compress(bytes, flush: Z_FINISH)
    }
}
