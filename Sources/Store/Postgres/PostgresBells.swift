internal import Core
internal import Glibc
internal import Synchronization

/// Rings by `NOTIFY`, from a thread of its own.
///
/// A notification in the transaction that it tells of would make commits wait for one another, and ringing must not wait for
/// a server: so rings are noted, and sent together.
final class PostgresBells: Bells {
    private struct State {
        /// Messages a kind; an empty one says only "look".
        var rings: [String: [UInt8]] = [:]
        var isClosed = false
    }

    private let engine: PostgresEngine
    private let state = Monitor(State())
    private let thread: ServiceThread

    init(_ engine: PostgresEngine) {
        self.engine = engine
        let state = state
        thread = ServiceThread(name: "bells") { _ in Self.send(state, engine) }
    }

    deinit {
        state.change { $0.isClosed = true }
        thread.join()
    }

    func open(_ kind: String, boot: String) throws -> any Door { try PostgresDoor(engine, kind: kind) }

    func ring(_ message: [UInt8], at kind: String) {
        state.change { state in
            // What is too much to say is said by "look", which is nothing.
            guard let noted = state.rings[kind] else { return state.rings[kind] = message }
            let isMore = !noted.isEmpty && !message.isEmpty && noted.count + message.count <= Self.messageBytes
            state.rings[kind] = isMore ? noted + message : []
        }
    }

    /// Bytes of one message: a notification holds 8,000 characters, of which a byte takes two.
    private static let messageBytes = 3_200

    private static func send(_ state: Monitor<State>, _ engine: PostgresEngine) {
        var connection: Connection?
        while true {
            let rings: [String: [UInt8]]?? = state.wait(upTo: .seconds(3_600)) { state in
                if state.isClosed { return .some(nil) }
                if state.rings.isEmpty { return nil }
                defer { state.rings = [:] }
                return .some(state.rings)
            }
            guard let rings else { continue }
            guard let rings else { return }
            do {
                let open = try connection ?? engine.connect()
                connection = open
                for (kind, message) in rings {
                    try open.run(
                        "SELECT pg_notify(current_schema() || ?, ?)", .text("_" + kind),
                        .text(Hexadecimal.text(message)))
                }
            } catch {
                // A ring may be lost: every listener looks by itself now and then.
                connection = nil
            }
        }
    }
}

/// A connection that listens.
private final class PostgresDoor: Door {
    private let engine: PostgresEngine
    private let kind: String
    /// Two ends of a socket: what is written to the second can be read from the first.
    private let waker: (Int32, Int32)
    private let listening = Mutex<Listening?>(nil)

    private struct Listening: @unchecked Sendable {  // @unchecked because one thread waits at a door
        let connection: Connection
        var session: PostgresSession { connection.session as! PostgresSession }
    }

    init(_ engine: PostgresEngine, kind: String) throws {
        self.engine = engine
        self.kind = kind
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
            throw StoreError.doorbellUnusable(reason: String(cString: strerror(errno)))
        }
        waker = (ends[0], ends[1])
        listening.withLock { $0 = connect() }
    }

    deinit {
        close(waker.0)
        close(waker.1)
    }

    private func connect() -> Listening? {
        do {
            let connection = try engine.connect()
            let schema = try connection.first("SELECT current_schema()") { $0.text(0) } ?? "public"
            try connection.execute(script: "LISTEN \"\(schema.replacing("\"", with: "\"\""))_\(kind)\"")
            return Listening(connection: connection)
        } catch {
            // Without a server nobody rings; the one who waits looks by itself, and tries again here.
            return nil
        }
    }

    func wait(for limit: Duration) -> [UInt8]? {
        let listening = listening.withLock { listening in
            if listening?.session.isLost ?? true { listening = connect() }
            return listening
        }
        var wanted = [pollfd(fd: waker.0, events: Int16(POLLIN), revents: 0)]
        if let listening { wanted.append(pollfd(fd: listening.session.socket, events: Int16(POLLIN), revents: 0)) }
        guard poll(&wanted, nfds_t(wanted.count), Int32(clamping: limit.wholeMilliseconds)) > 0 else { return nil }
        var byte: UInt8 = 0
        var isWoken = false
        while recv(waker.0, &byte, 1, 0) == 1 { isWoken = true }
        do {
            let messages = try listening?.session.notifications() ?? []
            if messages.isEmpty { return isWoken ? [] : nil }
            return messages.contains("") ? [] : messages.flatMap(Hexadecimal.bytes)
        } catch {
            self.listening.withLock { $0 = nil }
            return isWoken ? [] : nil
        }
    }

    func wake() {
        var byte: UInt8 = 1
        _ = send(waker.1, &byte, 1, 0)
    }
}

/// Bytes as text, since notifications are text.
private enum Hexadecimal {
    static func text(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func bytes(_ text: String) -> [UInt8] {
        let digits = text.utf8.compactMap { UInt8(String(UnicodeScalar($0)), radix: 16) }
        return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    }
}
