import CMicroHTTPD
import Core
import Glibc
import Synchronization

/// Knows what a connection may take its time for, and closes it when it takes too long.
///
/// libmicrohttpd's own timeout counts idle time only: one byte every second lives for ever. This one counts a whole
/// head, and a least progress of a body.
final class ClientConnection: Sendable {
    /// What the other end owes us.
    enum Phase {
        /// A whole request head, from one moment until another.
        case head(since: Duration, until: Duration)
        /// Nothing yet: the connection was kept for another request, which may begin until a moment.
        case idle(since: Duration, until: Duration)
        /// Bytes of a body: as many as the least rate makes in the idle time, counted from a moment.
        case body(since: Duration, bytes: Int)
        /// To take bytes of an answer: as many, counted from a moment, and from what it had taken by then; nil until that
        /// is looked at.
        case answer(since: Duration, taken: Int?)
        /// Nothing: a handler works, or the connection is paused by us.
        case ours
    }

    private struct State {
        var phase: Phase
        /// Taken away before the library closes the socket, so that no other connection's is ever shut down.
        var socket: Int32
        /// How fast the other end has sent, or taken, lately.
        var meter = PaceMeter()
        /// Bytes that the other end had taken when that was last looked at.
        var taken = 0
        /// Makes what the caller is told when its body ends for the sake of others.
        var farewell: @Sendable () -> [UInt8] = { [] }

        /// Sends bytes past the library, and shuts the socket.
        func say(_ bytes: [UInt8], thenShut way: Int) {
            guard socket >= 0 else { return }
            // A full socket buffer loses the answer, as closing would have: there is nobody to tell.
            if !bytes.isEmpty { _ = send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT)) }
            shutdown(socket, Int32(way))
        }
    }

    /// The address of the other end, without its port.
    let address: String
    /// What the library reads of the other end.
    let incoming = IncomingBytes()
    /// The address of our end, without its port.
    let localAddress: String
    private let idle: Duration
    /// Bytes that must move within the idle time.
    private let leastBytes: Int
    private let state: Mutex<State>

    /// - Parameters:
    ///   - now: when it was opened.
    ///   - deadline: until when its first request's head must be here.
    init(_ connection: OpaquePointer, at now: Duration, deadline: Duration, idle: Duration) {
        let socket = sibyl_connection_socket(connection)
        address = sibyl_client_address(connection).map(Self.text) ?? ""
        localAddress = Self.localAddress(of: socket)
        self.idle = idle
        leastBytes = max(1, Int(idle.inSeconds * Double(Limits.minimumRate)))
        sibyl_limit_unsent(socket, Limits.unsentBytes)
        state = Mutex(State(phase: .head(since: now, until: deadline), socket: socket))
    }

    /// Starts another phase.
    func enter(_ phase: Phase, at now: Duration) {
        state.withLock { state in
            switch phase {
            case .body: state.meter.start(at: now)
            case .head, .idle:
                state.meter = PaceMeter()
                state.farewell = { [] }
            case .ours, .answer: state.meter.stop(at: now)
            }
            state.phase = phase
        }
    }

    /// Starts the wait for a body.
    ///
    /// - Parameter farewell: makes what the caller is told when the body ends for the sake of others; it is called under
    ///   this connection's lock.
    func expectBody(at now: Duration, farewell: @escaping @Sendable () -> [UInt8]) {
        state.withLock { $0.farewell = farewell }
        enter(.body(since: now, bytes: 0), at: now)
    }

    /// Starts the wait for the rest of a head, where nothing else is going on.
    func headBegan(at now: Duration, until deadline: Duration) {
        state.withLock { state in
            if case .idle = state.phase { state.phase = .head(since: now, until: deadline) }
        }
    }

    /// Counts bytes of a body.
    func received(_ count: Int, at now: Duration) {
        state.withLock { state in
            state.meter.start(at: now)
            state.meter.moved(count, at: now)
            guard case .body(let since, let bytes) = state.phase else {
                state.phase = .body(since: now, bytes: count)
                return
            }
            let isProgress = bytes + count >= leastBytes
            state.phase = isProgress ? .body(since: now, bytes: 0) : .body(since: since, bytes: bytes + count)
        }
    }

    /// Ends the connection when it owes something for too long, or can no longer give it.
    ///
    /// The library then finds it closed and cleans up.
    func closeIfLate(at now: Duration) {
        state.withLock { state in
            guard state.socket >= 0 else { return }
            let isLate =
                switch state.phase {
                case .head(_, let until), .idle(_, let until): now >= until || Self.hasHungUp(state.socket)
                case .body(let since, _): now - since >= idle || Self.hasHungUp(state.socket)
                case .answer: isReadLate(&state, at: now)
                case .ours: false
                }
            if isLate { shutdown(state.socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Looks how much of an answer the other end has taken, and whether that is too little.
    ///
    /// Bytes that are not there yet are not owed: time counts only while some wait in the kernel.
    private func isReadLate(_ state: inout State, at now: Duration) -> Bool {
        guard case .answer(let since, let before) = state.phase else { return false }
        let (taken, isWaiting) = Self.taken(of: state.socket)
        guard let before else {
            state.taken = taken
            state.phase = .answer(since: since, taken: taken)
            return false
        }
        state.meter.moved(max(0, taken - state.taken), at: now)
        state.taken = taken
        guard isWaiting else {
            state.meter.stop(at: now)
            state.phase = .answer(since: now, taken: taken)
            return false
        }
        state.meter.start(at: now)
        if taken - before >= leastBytes {
            state.phase = .answer(since: now, taken: taken)
            return false
        }
        return now - since >= idle
    }

    /// How many bytes the other end has taken since the connection was made, and whether more wait in the kernel.
    private static func taken(of socket: Int32) -> (bytes: Int, isWaiting: Bool) {
        guard socket >= 0 else { return (0, false) }
        var bytes: UInt64 = 0
        let isWaiting = sibyl_taken_bytes(socket, &bytes) > 0
        return (Int(clamping: bytes), isWaiting)
    }

    /// How well the connection can be spared for another that waits to be let in; nil when it cannot be.
    func spareRank(at now: Duration) -> SpareRank? {
        state.withLock { state in
            guard state.socket >= 0 else { return nil }
            switch state.phase {
            case .idle(let since, _): return SpareRank(reason: .rests, since: since)
            case .head(let since, _) where now - since >= Limits.crowdedHead:
                return SpareRank(reason: .owesHead, since: since)
            case .body(let since, _), .answer(let since, _):
                return state.meter.pace(at: now)?.isTooSlowForCrowd == true
                    ? SpareRank(reason: .isSlow, since: since) : nil
            default: return nil
            }
        }
    }

    /// The order in which connections are given up: those between two requests first, the longest waits first.
    struct SpareRank: Comparable {
        enum Reason: Int {
            case rests, owesHead, isSlow
        }

        let reason: Reason
        let since: Duration

        static func < (left: SpareRank, right: SpareRank) -> Bool {
            (left.reason.rawValue, left.since) < (right.reason.rawValue, right.since)
        }
    }

    /// Ends the connection for the sake of another, unless a request has come meanwhile.
    func spare(because reason: SpareRank.Reason) {
        if reason == .isSlow { return giveUp() }
        state.withLock { state in
            switch state.phase {
            case .idle, .head:
                guard state.socket >= 0, !Self.hasBytes(state.socket) else { return }
                shutdown(state.socket, Int32(SHUT_RDWR))
            default: break
            }
        }
    }

    /// Whether bytes have come that the library has not seen.
    private static func hasBytes(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) > 0
    }

    /// Whether the other end has said all it will say.
    ///
    /// The library misses an end that arrives together with the last bytes, and would wait for the idle time.
    private static func hasHungUp(_ socket: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(socket, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) == 0
    }

    /// Sends bytes past the library and ends our half of the connection; for the one case that it leaves no way.
    func sayLast(_ bytes: [UInt8]) {
        state.withLock { $0.say(bytes, thenShut: SHUT_WR) }
    }

    /// Ends the request for the sake of others, with a word unless an answer has begun.
    ///
    /// Decided and done under one lock: whoever answers leaves the phase of the body first, so that no other answer can
    /// stand before this one.
    func giveUp() {
        state.withLock { state in
            switch state.phase {
            case .body: state.say(state.farewell(), thenShut: SHUT_RDWR)
            case .answer: state.say([], thenShut: SHUT_RDWR)
            // It has done its part meanwhile.
            default: break
            }
        }
    }

    /// Says that the library is about to close the socket.
    func closed() { state.withLock { $0.socket = -1 } }

    private static func localAddress(of socket: Int32) -> String {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            let address = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return getsockname(socket, address, &length) == 0 ? text(of: address) : ""
        }
    }

    private static func text(of address: UnsafePointer<sockaddr>) -> String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        let family = Int32(address.pointee.sa_family)
        let raw = UnsafeRawPointer(address)
        switch family {
        case AF_INET:
            var ip = raw.load(as: sockaddr_in.self).sin_addr
            inet_ntop(family, &ip, &text, socklen_t(text.count))
        case AF_INET6:
            var ip = raw.load(as: sockaddr_in6.self).sin6_addr
            inet_ntop(family, &ip, &text, socklen_t(text.count))
        default: return ""
        }
        let name = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return name.hasPrefix("::ffff:") && name.contains(".") ? String(name.dropFirst(7)) : name
    }
}

extension ClientConnection: ShareHolder {
    var caller: String { address }
    func pace(at now: Duration) -> Pace? { state.withLock { $0.meter.pace(at: now) } }
}
