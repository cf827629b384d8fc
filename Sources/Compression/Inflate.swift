/// Decompresses bytes that are in memory whole, up to a bound.
package enum Inflate {
    /// Reads the gzip format.
    ///
    /// - Parameters:
    ///   - limit: the greatest number of decompressed bytes.
    ///   - hold: told how many bytes are held more, before they are; few bytes may become many.
    /// - Throws: ``CompressionError``: `corrupt`, `truncated`, or `tooLarge` beyond the limit; and what `hold` throws.
    package static func gzip(
        _ bytes: [UInt8], upTo limit: Int, hold: (Int) throws -> Void = { _ in }
    ) throws -> [UInt8] {
        let decoder = GzipDecoder()
        decoder.feed(bytes)
        var output: [UInt8] = []
        while true {
            let piece = try decoder.read(upTo: pieceBytes)
            if piece.isEmpty { break }
            guard output.count + piece.count <= limit else { throw CompressionError.tooLarge(limit: limit) }
            try hold(piece.count)
            output.append(contentsOf: piece)
        }
        try decoder.finish()
        return output
    }

    /// Reads a bare stream, as records were stored before there was ``Zstandard``.
    ///
    /// - Parameter limit: the greatest number of decompressed bytes.
    /// - Throws: ``CompressionError``: `corrupt` (also when bytes follow the end), `truncated`, or `tooLarge`.
    package static func raw(_ bytes: [UInt8], upTo limit: Int) throws -> [UInt8] {
        let stream = InflateStream(format: .raw)
        var input = bytes[...]
        var output: [UInt8] = []
        while true {
            let before = output.count
            let step = try stream.decompress(&input, into: &output, upTo: pieceBytes)
            guard output.count <= limit else { throw CompressionError.tooLarge(limit: limit) }
            if step == .ended { break }
            guard output.count > before || !input.isEmpty else { throw CompressionError.truncated }
        }
        guard input.isEmpty else { throw CompressionError.corrupt }
        return output
    }

    /// How much is decompressed at a time: large enough that the calls do not show.
    private static let pieceBytes = 64 << 10
}
