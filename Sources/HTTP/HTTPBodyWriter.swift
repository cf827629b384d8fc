import Compression
import Core
import Synchronization

/// Takes the bytes of an answer that is written while it is sent; bounded, it holds the writer back.
///
/// Comes from: the closure of ``HTTPResponse/Body/stream(_:)``. Goes to: the connection.
package final class HTTPBodyWriter: Sendable {
    /// The caller went away, or the service stops: nothing more can be sent.
    package struct Closed: Error {}

    /// What the connection finds when it asks for bytes.
    enum Piece {
        case bytes(Int)
        /// None yet; the connection has been suspended.
        case later
        case end
        case cut
    }

    private struct State: @unchecked Sendable {  // @unchecked because the encoder, a C handle, stays behind the lock.
        var pending: [UInt8] = []
        /// How much of ``pending`` has been sent.
        var sent = 0
        /// How much has been sent of the whole body.
        var sentBytes = 0
        var encoder: GzipEncoder?
        var isFinished = false
        var isCut = false
        /// The connection is done with the answer.
        var isClosed = false
        /// The connection is suspended until there are bytes.
        var isPaused = false
        var waiter: CheckedContinuation<Void, Never>?

        var waiting: Int { pending.count - sent }

        /// Gives back the room of what was sent; not for every piece, because moving the rest costs.
        mutating func forgetSent() {
            if sent == pending.count {
                (pending, sent) = ([], 0)
            } else if sent >= Limits.bodyBufferBytes {
                pending.removeFirst(sent)
                sent = 0
            }
        }

        mutating func wakeWriter() {
            waiter?.resume()
            waiter = nil
        }
    }

    private let connection: SuspendableConnection
    /// What waits here beyond the first bytes counts toward what all answers may hold.
    private let share: Share
    private let clock: SteadyClock
    private let state: Mutex<State>

    init(connection: SuspendableConnection, isCompressed: Bool, share: Share, clock: SteadyClock) {
        self.connection = connection
        self.share = share
        self.clock = clock
        state = Mutex(State(encoder: isCompressed ? GzipEncoder() : nil))
    }

    // MARK: The writer's side

    /// Whether answers hold so much memory that a writer should write little at a time.
    package var isCrowded: Bool { share.isCrowded }

    /// Sends bytes; waits while `Limits.bodyBufferBytes` are on their way already.
    ///
    /// - Throws: ``Closed`` when the caller has gone, or no room for the bytes came; `CancellationError`.
    package func write(_ bytes: [UInt8]) async throws {
        try Task.checkCancellation()
        try await waitForShare(of: bytes.count)
        let isFull = try state.withLock { state in
            guard !state.isClosed, !state.isCut else { throw Closed() }
            precondition(!state.isFinished, "a body was written to after its end")
            state.pending += state.encoder?.feed(bytes, flush: true) ?? bytes
            letGo(&state)
            return state.waiting >= Limits.bodyBufferBytes
        }
        if isFull { await waitForRoom() }
    }

    /// Waits until the bytes find room among all answers, which is at once as a rule.
    private func waitForShare(of count: Int) async throws {
        let end = clock.now + Limits.answerWait
        while !isShared(adding: count) {
            guard clock.now < end, !state.withLock({ $0.isClosed || $0.isCut }) else { throw Closed() }
            try await Task.sleep(for: Limits.answerPoll)
        }
    }

    private func isShared(adding count: Int) -> Bool {
        state.withLock { share.hold($0.waiting + count - Limits.smallAnswerBytes) }
    }

    /// Ends the body whole.
    func finish() {
        state.withLock { state in
            guard !state.isFinished else { return }
            if let last = state.encoder?.finish() { state.pending += last }
            state.isFinished = true
            letGo(&state)
        }
    }

    /// Ends the body broken: the connection is closed without the last chunk.
    func cut() {
        state.withLock { state in
            state.isCut = true
            letGo(&state)
            state.wakeWriter()
        }
    }

    private func letGo(_ state: inout State) {
        guard state.isPaused else { return }
        state.isPaused = false
        connection.resume()
    }

    private func waitForRoom() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    precondition(state.waiter == nil, "a body has one writer")
                    let hasRoom = state.waiting < Limits.bodyBufferBytes / 2
                    if hasRoom || state.isClosed || state.isCut || Task.isCancelled {
                        continuation.resume()
                    } else {
                        state.waiter = continuation
                    }
                }
            }
        } onCancel: {
            state.withLock { $0.wakeWriter() }
        }
    }

    // MARK: The connection's side

    /// Moves bytes into the connection's buffer, or suspends the connection.
    ///
    /// Only from within a callback.
    func read(into room: UnsafeMutableRawBufferPointer) -> Piece {
        state.withLock { state in
            if state.isCut { return .cut }
            guard state.waiting > 0 else {
                if state.isFinished { return .end }
                // Answering "none" without suspending would make the library ask again at once, for ever.
                state.isPaused = true
                connection.suspend()
                return .later
            }
            let count = min(room.count, state.waiting)
            state.pending.withUnsafeBytes {
                room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[state.sent..<state.sent + count]))
            }
            state.sent += count
            state.sentBytes += count
            state.forgetSent()
            _ = share.hold(state.waiting - Limits.smallAnswerBytes)
            if state.waiting < Limits.bodyBufferBytes / 2 { state.wakeWriter() }
            return .bytes(count)
        }
    }

    /// Bytes of the body sent so far.
    var sentBytes: Int { state.withLock { $0.sentBytes } }

    /// Says that the connection will not ask again.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.pending = []
            state.sent = 0
            share.release()
            state.wakeWriter()
        }
    }
}
