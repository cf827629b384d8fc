import CMicroHTTPD
import Dispatch
import Glibc

/// Lets connections in, up to a bound, and hands them to the daemons in turn; the rest wait in the kernel.
///
/// libmicrohttpd 0.9.75 could accept by itself, but its `MHD_quiesce_daemon` removes the listening socket from under
/// its threads without a lock, and aborts the process when one of them was faster. So its daemons never see that socket.
///
/// Comes from: the listening socket. Goes to: a daemon.
final class Acceptor: @unchecked Sendable {  // @unchecked because everything that changes does so on its queue.
    /// Takes over a connected socket with the address of its other end; false when it had to be closed.
    ///
    /// The first number counts the connections, so that daemons can take turns.
    typealias Admission = @Sendable (Int, Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool

    private let queue = DispatchQueue(label: "http.accept")
    private let listener: Int32
    private let limit: Int
    private var source: (any DispatchSourceRead)?
    private var onCrowd: (@Sendable () -> Void)?
    private var open = 0
    private var turn = 0
    /// The source is suspended: there are as many connections as may be, or no descriptors are left.
    private var isPaused = false

    /// - Parameter limit: connections that may be open at once.
    init(listening socket: ListeningSocket, limit: Int) {
        listener = socket.descriptor
        self.limit = limit
    }

    /// - Parameter onCrowd: told, again and again, that somebody waits while as many are in as may be.
    func start(_ admit: @escaping Admission, onCrowd: @escaping @Sendable () -> Void) {
        queue.sync {
            self.onCrowd = onCrowd
            let source = DispatchSource.makeReadSource(fileDescriptor: listener, queue: queue)
            source.setEventHandler { @Sendable [self] in acceptAll(admit) }
            source.activate()
            self.source = source
        }
    }

    /// Says that a connection that was let in is closed.
    func connectionClosed() {
        queue.async { [self] in
            open -= 1
            goOn()
        }
    }

    /// Closes the listening socket: who comes now is refused.
    func stop() async {
        await withCheckedContinuation { continuation in
            queue.async { [self] in
                guard let source else { return continuation.resume() }
                self.source = nil
                onCrowd = nil
                source.setCancelHandler { @Sendable [listener] in
                    close(listener)
                    continuation.resume()
                }
                source.cancel()
                // A suspended source never hears of its end.
                if isPaused { source.resume() }
            }
        }
    }

    private func acceptAll(_ admit: Admission) {
        // Somebody waits, who can be let in when another has gone.
        if open >= limit {
            pause()
            onCrowd?()
            return
        }
        while open < limit {
            var address = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let isIn = withUnsafeMutableBytes(of: &address) { bytes -> Bool? in
                let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
                let flags = Int32(SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
                let socket = accept4(listener, pointer, &length, flags)
                guard socket >= 0 else { return nil }
                guard SocketReads.canWatch(socket) else {
                    close(socket)
                    return false
                }
                return admit(turn, socket, pointer, length)
            }
            switch isIn {
            case true?:
                open += 1
                turn &+= 1
            case false?: continue
            case nil where errno == ECONNABORTED || errno == EINTR: continue
            case nil where errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS:
                return rest()
            case nil: return
            }
        }
    }

    /// Looks again whether another can go for somebody who waits: nobody could be spared when that one came.
    func lookForCrowd() {
        queue.async { [self] in if isPaused, open >= limit { onCrowd?() } }
    }

    private func pause() {
        guard !isPaused, let source else { return }
        isPaused = true
        source.suspend()
    }

    /// Waits a moment for the machine to have room again: the waiting connection would wake us at once, for ever.
    private func rest() {
        pause()
        queue.asyncAfter(deadline: .now() + .milliseconds(100)) { [self] in goOn() }
    }

    private func goOn() {
        guard isPaused, open < limit, let source else { return }
        isPaused = false
        source.resume()
    }
}
