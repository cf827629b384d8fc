internal import Core
internal import Synchronization

/// Bounds how many streams one process reads at a time, and with that its memory: each holds a chunk and its records.
package final class UploadSlots: Sendable {
    private let taken = Atomic<Int>(0)
    private let limit: Int

    package init(limit: Int = Limits.uploads) { self.limit = limit }

    /// The number of streams that are being read.
    package var takenCount: Int { taken.load(ordering: .relaxed) }

    /// Whether another stream could be read now; it may be too late when it comes.
    var hasRoom: Bool { takenCount < limit }

    /// Reads a stream in a slot of its own.
    ///
    /// - Throws: ``APIError/tooManyUploads`` when all slots are taken, or what the closure throws.
    func withSlot<Value>(
        isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Value
    ) async throws -> Value {
        guard taken.add(1, ordering: .relaxed).newValue <= limit else {
            taken.subtract(1, ordering: .relaxed)
            throw APIError.tooManyUploads
        }
        defer { taken.subtract(1, ordering: .relaxed) }
        return try await body()
    }
}
