/// Says why compressed bytes could not be read.
package enum CompressionError: Error, Equatable {
    /// The bytes are not of the format, or their checksum does not fit.
    case corrupt
    /// The bytes end before the compressed stream does.
    case truncated
    /// The bytes expand beyond what the caller allowed: a bomb, or a larger input than is served.
    case tooLarge(limit: Int)
}
