internal import Core
internal import Queue
internal import Store
internal import Synchronization

/// Chunks of an open task between the scanner, which adds them, and the one task that writes them.
///
/// What comes while a commit is on its way waits, and goes together with the next: chunks of a row or two would else wait
/// for a flush of the log each. What waits is bounded; then the scanner waits.
///
/// Comes from: an ``Upload``. Goes to: the queue.
final class WaitingChunks: Sendable {
    /// What goes into one commit, and what is known of the stream with it.
    struct Batch: Sendable {
        var chunks: [IncomingChunk] = []
        var input: StoredInput?
    }

    private struct State {
        var batch = Batch()
        var bytes = 0
        var isBeingWritten = false
        /// Once a chunk is missing, none after it may be written.
        var hasFailed = false
        /// The scanner, which waits for room.
        var waiter: CheckedContinuation<Void, Never>?

        mutating func letGo() {
            waiter?.resume()
            waiter = nil
        }

        var isFull: Bool { bytes >= Limits.smallSubmissionBytes || batch.chunks.count >= Limits.appendedChunks }
    }

    private let state = Mutex(State())

    /// Adds a chunk.
    ///
    /// - Parameter input: what is known of the stream with it.
    func add(_ chunk: IncomingChunk, bytes: Int, input: StoredInput?) {
        state.withLock { state in
            state.batch.chunks.append(chunk)
            state.batch.input = input
            state.bytes += bytes
        }
    }

    /// Whether what waits is worth a commit, and as much as may wait.
    var isFull: Bool { state.withLock { $0.isFull } }

    /// Whether what was taken could not be written.
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// Whether something waits and nobody writes: then the caller is the one who does, until ``next()`` gives nothing.
    func begin() -> Bool {
        state.withLock { state in
            if state.isBeingWritten || state.hasFailed || state.batch.chunks.isEmpty { return false }
            state.isBeingWritten = true
            return true
        }
    }

    /// Takes all that waits; nil when nothing does, and then nobody writes any more.
    func next() -> Batch? {
        state.withLock { state in
            defer { state.letGo() }
            if state.batch.chunks.isEmpty {
                state.isBeingWritten = false
                return nil
            }
            defer { (state.batch, state.bytes) = (Batch(), 0) }
            return state.batch
        }
    }

    /// Says that what was taken could not be written; what waits, and what still comes, goes nowhere.
    func giveUp() {
        state.withLock { state in
            (state.isBeingWritten, state.hasFailed) = (false, true)
            state.letGo()
        }
    }

    /// Whether the scanner waits.
    var isAwaited: Bool { state.withLock { $0.waiter != nil } }

    /// Waits while as much waits as may, and somebody writes.
    func waitForRoom() async {
        await withCheckedContinuation { continuation in
            state.withLock { state in
                precondition(state.waiter == nil, "an upload has one scanner")
                if state.isFull, state.isBeingWritten { state.waiter = continuation } else { continuation.resume() }
            }
        }
    }
}
