/// Decompresses a stream of gzip bytes, piece by piece, never giving more at a time than the reader asks for.
///
/// The reader's bound is what makes a bomb harmless: a kilobyte that expands to a gigabyte is given out in
/// pieces, and the reader stops when it has had enough. Several gzip members end to end are one stream
/// (RFC 1952, section 2.2). Belongs to one task or thread at a time.
///
/// Comes from: a request's body. Goes to: the scanner.
package final class GzipDecoder {
    private let stream = InflateStream(format: .gzip)
    private var input: ArraySlice<UInt8> = []
    /// Whether the last member has ended and nothing follows it so far.
    private var isBetweenMembers = false
    private var hasBegun = false

    package init() {}

    /// Adds compressed bytes; read all of them before feeding more, so that input does not pile up.
    package func feed(_ bytes: [UInt8]) {
        if input.isEmpty { input = bytes[...] } else { input.append(contentsOf: bytes) }
    }

    /// Gives decompressed bytes; an empty piece means that more input is wanted.
    ///
    /// - Parameter limit: the greatest number of bytes to give, at least 1.
    /// - Throws: ``CompressionError/corrupt``.
    package func read(upTo limit: Int) throws -> [UInt8] {
        var output: [UInt8] = []
        while output.isEmpty {
            if isBetweenMembers {
                if input.isEmpty { return output }
                stream.restart()
                isBetweenMembers = false
            }
            if input.isEmpty && !mayHoldOutput { return output }
            hasBegun = true
            let before = input.count
            switch try stream.decompress(&input, into: &output, upTo: limit) {
            case .ended:
                isBetweenMembers = true
                mayHoldOutput = false
            case .running:
                // A full piece means that zlib may hold more output without more input.
                mayHoldOutput = output.count == limit
                if output.isEmpty && input.count == before { return output }
            }
        }
        return output
    }

    /// Says that no more input comes.
    ///
    /// - Throws: ``CompressionError/truncated`` when the compressed stream has not ended.
    package func finish() throws {
        guard hasBegun, isBetweenMembers, input.isEmpty else { throw CompressionError.truncated }
    }

    private var mayHoldOutput = false
}
