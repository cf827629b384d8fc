internal import Core
internal import Store

/// A task's input as it came, piece by piece from the store: read again like an upload.
struct StoredPieces: AsyncSequence, Sendable {
    let stored: StoredTask
    let input: StoredInput
    let context: APIContext

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(pieces: self) }

    struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let pieces: StoredPieces
        /// The chunk whose records come next; nil before the header.
        private var position: Int?
        private var isAtEnd = false

        fileprivate init(pieces: StoredPieces) { self.pieces = pieces }

        mutating func next() async throws -> [UInt8]? {
            if isAtEnd { return nil }
            guard let position else {
                self.position = 0
                return pieces.input.header
            }
            let stored = pieces.stored
            let chunk = try await pieces.context.reading.read { [tasks = pieces.context.tasks] in
                try tasks.input(of: stored, from: position)
            }
            guard let chunk else {
                isAtEnd = true
                return pieces.input.tail
            }
            self.position = chunk.position + 1
            guard let records = chunk.records else { throw StoreError.corruptBlob }
            return records.bytes
        }
    }
}
