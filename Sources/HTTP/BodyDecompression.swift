import Compression

/// Decompresses bodies that are in memory whole.
enum BodyDecompression {
    /// - Parameter share: counts what comes out, as it comes out: a few bytes may become many.
    /// - Throws: ``HTTPError``: `bodyTooLarge`, `bodyIncomplete`, `bodyCorrupt` or `bodiesFull`.
    static func decompress(_ bytes: [UInt8], upTo limit: Int, in share: BodyShare) throws -> [UInt8] {
        do {
            return try Inflate.gzip(bytes, upTo: limit) { try share.add($0) }
        } catch let error as CompressionError {
            throw HTTPError(error)
        }
    }
}

extension HTTPError {
    /// What a failed decompression of a request's body means to the caller.
    init(_ error: CompressionError) {
        switch error {
        case .corrupt: self = .bodyCorrupt
        case .truncated: self = .bodyIncomplete
        case .tooLarge(let limit): self = .bodyTooLarge(limit: limit)
        }
    }
}
