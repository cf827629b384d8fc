import Compression

/// Compressed bodies: read whole or piece by piece they are the same, within their bound.
enum GzipFuzz {
    private static let limit = 1 << 16

    static func run(_ bytes: [UInt8]) throws {
        var choices = Choices(bytes)
        let (pieceBytes, readBytes) = (1 + Int(choices.byte()), 1 + Int(choices.byte()) * 17)
        let compressed = Array(choices.rest)
        let whole = Result { try Inflate.gzip(compressed, upTo: limit) }
        let pieces = Result { try read(compressed, pieceBytes: pieceBytes, readBytes: readBytes) }
        switch (whole, pieces) {
        case (.success(let one), .success(let other)):
            try Finding.unless(one == other && one.count <= limit, "in pieces it reads otherwise")
        // Which of two faults is met first depends on the pieces.
        case (.failure(is CompressionError), .failure(is CompressionError)): break
        default: throw Finding(description: "\(whole) in whole, \(pieces) in pieces")
        }
        _ = try? Inflate.raw(compressed, upTo: limit)  // try? because most bytes are not compressed; none may trap
        let packed = Deflate.gzip(compressed)
        try Finding.unless(try Inflate.gzip(packed, upTo: compressed.count) == compressed, "it does not come back")
    }

    private static func read(_ bytes: [UInt8], pieceBytes: Int, readBytes: Int) throws -> [UInt8] {
        let decoder = GzipDecoder()
        var output: [UInt8] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.feed(Array(rest.prefix(pieceBytes)))
            rest = rest.dropFirst(pieceBytes)
            while case let piece = try decoder.read(upTo: readBytes), !piece.isEmpty {
                guard piece.count <= readBytes else { throw Finding(description: "a piece is longer than asked for") }
                output += piece
                guard output.count <= limit else { throw CompressionError.tooLarge(limit: limit) }
            }
        }
        try decoder.finish()
        return output
    }
}
