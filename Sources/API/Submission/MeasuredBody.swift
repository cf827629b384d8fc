internal import HTTP

/// A body that must have as many bytes as its range says.
///
/// Sent in chunks, a body has no length of its own: one that was cut short would end an input early.
struct MeasuredBody: AsyncSequence, Sendable {
    let body: HTTPBody
    /// Nil for a body of any length.
    let bytes: Int?

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: body.makeAsyncIterator(), left: bytes) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate var pieces: HTTPBody.AsyncIterator
        fileprivate var left: Int?

        /// - Throws: `HTTPError.bodyIncomplete`; ``APIError/invalidParameter(name:expected:)`` for too long a body.
        mutating func next() async throws -> [UInt8]? {
            guard let piece = try await pieces.next() else {
                if let left, left > 0 { throw HTTPError.bodyIncomplete }
                return nil
            }
            guard let left else { return piece }
            guard piece.count <= left else {
                throw APIError.invalidParameter(name: "Content-Range", expected: "as long as the body")
            }
            self.left = left - piece.count
            return piece
        }
    }
}
