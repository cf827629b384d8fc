/// What a client sends after the headers.
package enum HTTPUpload: Sendable {
    case none
    case bytes([UInt8])
    /// Read from an open file from where it stands, or from a pipe; nil for a length that is not known, which is then
    /// sent in chunks.
    case file(descriptor: Int32, length: Int?)
}
