import Core
import Synchronization

/// Stands between a connection that receives a body and the task that reads it; bounded, it pauses the connection.
///
/// Comes from: the connection's thread. Goes to: ``HTTPBody``.
final class BodyBuffer: Sendable {
    /// What became of bytes that were pushed.
    enum Pushed {
        /// They are in the buffer, which may have paused the connection.
        case taken
        /// Nobody will read them.
        case unwanted
    }

    private struct State {
        var bytes: [UInt8] = []
        /// Set once: the body is whole (nil error), or it broke.
        var end: Result<Void, any Error>?
        /// The reader is gone for good.
        var isAbandoned = false
        /// The connection is suspended until bytes are taken.
        var isPaused = false
        var waiter: CheckedContinuation<Void, Never>?

        mutating func wakeReader() {
            waiter?.resume()
            waiter = nil
        }
    }

    private let connection: SuspendableConnection
    private let onPause: @Sendable () -> Void
    private let onResume: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameters:
    ///   - onPause: told, under the buffer's lock, that the next step is ours.
    ///   - onResume: told, under the buffer's lock, that it is the sender's again.
    init(
        connection: SuspendableConnection, onPause: @escaping @Sendable () -> Void,
        onResume: @escaping @Sendable () -> Void
    ) {
        self.connection = connection
        self.onPause = onPause
        self.onResume = onResume
    }

    // MARK: The connection's side

    /// Whether the connection waits for the reader; its own thread alone begins that.
    var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Adds bytes, and pauses the connection when the buffer is full.
    ///
    /// Only from within a callback, and not while it is paused.
    func push(_ bytes: UnsafeRawBufferPointer) -> Pushed {
        state.withLock { state in
            if state.isAbandoned || state.end != nil { return .unwanted }
            state.bytes.append(contentsOf: bytes)
            if state.bytes.count >= Limits.bodyBufferBytes {
                state.isPaused = true
                onPause()
                connection.suspend()
            }
            state.wakeReader()
            return .taken
        }
    }

    /// Says that the body is whole, or that it broke; the first call counts.
    func finish(_ end: Result<Void, any Error>) {
        state.withLock { state in
            if state.end == nil { state.end = end }
            letGo(&state)
            state.wakeReader()
        }
    }

    // MARK: The reader's side

    /// Gives all bytes that are there, waiting for the first; nil at the end of the body.
    ///
    /// - Throws: what ended the body early, or `CancellationError`.
    func next() async throws -> [UInt8]? {
        while true {
            // Asked first: whoever goes away ends the body before it cancels the task, and the end says more.
            let isCancelled = Task.isCancelled
            let bytes = try state.withLock { state throws -> [UInt8]? in
                if !state.bytes.isEmpty { return takeAll(&state) }
                return try state.end.map {
                    try $0.get(); return []
                }
            }
            if let bytes { return bytes.isEmpty ? nil : bytes }
            if isCancelled { throw CancellationError() }
            await waitForBytes()
        }
    }

    /// Says that nobody will read on: what still comes is thrown away.
    func abandon() {
        state.withLock { state in
            state.isAbandoned = true
            state.bytes = []
            letGo(&state)
        }
    }

    private func takeAll(_ state: inout State) -> [UInt8] {
        let bytes = state.bytes
        state.bytes = []
        letGo(&state)
        return bytes
    }

    private func letGo(_ state: inout State) {
        guard state.isPaused else { return }
        state.isPaused = false
        onResume()
        connection.resume()
    }

    private func waitForBytes() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                state.withLock { state in
                    precondition(state.waiter == nil, "a body has one reader")
                    if !state.bytes.isEmpty || state.end != nil || Task.isCancelled {
                        continuation.resume()
                    } else {
                        state.waiter = continuation
                    }
                }
            }
        } onCancel: {
            state.withLock { $0.wakeReader() }
        }
    }
}
