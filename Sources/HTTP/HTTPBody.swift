import Compression
import Core

/// The body of a request as it comes in: pieces of bytes, decompressed, to be read once.
///
/// A slow reader pauses the connection: at most `Limits.bodyBufferBytes` and one read of the connection wait.
/// Reading throws ``HTTPError``: `bodyIncomplete` when the caller goes away, `bodyTooLarge`, `bodyCorrupt`.
///
/// Comes from: the server. Goes to: the handler of a streamed route.
package struct HTTPBody: AsyncSequence, Sendable {
    private let buffer: BodyBuffer
    private let limit: Int
    private let isCompressed: Bool
    /// The length that the caller announced, before decompression; nil for a chunked body.
    package let announcedBytes: Int?
    /// What parts a form, or why that cannot be known; nil for a body that is no form.
    let form: Result<FormBoundary, any Error>?
    /// Counts what is collected.
    private let share: BodyShare

    init(
        buffer: BodyBuffer, limit: Int, isCompressed: Bool, announcedBytes: Int?, share: BodyShare,
        form: Result<FormBoundary, any Error>? = nil
    ) {
        self.buffer = buffer
        self.share = share
        self.limit = limit
        self.isCompressed = isCompressed
        self.announcedBytes = announcedBytes
        self.form = form
    }

    package func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(buffer: buffer, limit: limit, decoder: isCompressed ? GzipDecoder() : nil)
    }

    /// Reads the whole body into memory.
    ///
    /// - Parameter limit: bytes after decompression.
    /// - Throws: ``HTTPError``: `bodyTooLarge` beyond the limit, `bodiesFull`, or what broke the body.
    package func collect(upTo limit: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        for try await piece in self {
            guard bytes.count + piece.count <= limit else { throw HTTPError.bodyTooLarge(limit: limit) }
            try share.add(piece.count)
            if bytes.isEmpty { bytes = piece } else { bytes.append(contentsOf: piece) }
        }
        return bytes
    }

    /// Reads one body to its end.
    package struct AsyncIterator: AsyncIteratorProtocol {
        private let buffer: BodyBuffer
        private let limit: Int
        private let decoder: GzipDecoder?
        private var received = 0
        private var given = 0

        fileprivate init(buffer: BodyBuffer, limit: Int, decoder: GzipDecoder?) {
            self.buffer = buffer
            self.limit = limit
            self.decoder = decoder
        }

        package mutating func next() async throws -> [UInt8]? {
            guard let decoder else { return try await receive() }
            while true {
                let piece = try readable { try decoder.read(upTo: Limits.bodyBufferBytes) }
                if !piece.isEmpty {
                    given += piece.count
                    guard given <= limit else { throw HTTPError.bodyTooLarge(limit: limit) }
                    return piece
                }
                guard let bytes = try await receive() else {
                    try readable { try decoder.finish() }
                    return nil
                }
                decoder.feed(bytes)
            }
        }

        private mutating func receive() async throws -> [UInt8]? {
            guard let bytes = try await buffer.next() else { return nil }
            received += bytes.count
            guard received <= limit else { throw HTTPError.bodyTooLarge(limit: limit) }
            return bytes
        }

        private func readable<Value>(_ read: () throws -> Value) throws -> Value {
            do { return try read() } catch let error as CompressionError { throw HTTPError(error) }
        }
    }
}
