import CMicroHTTPD
import Core
import Glibc

/// Owns one daemon of libmicrohttpd, which is one thread, and ties its callbacks to exchanges.
///
/// Thread rule: connections may be added from any thread until the daemon is stopped, once; callbacks come on the
/// daemon's own thread (<https://www.gnu.org/software/libmicrohttpd/manual/libmicrohttpd.html>).
final class Daemon: @unchecked Sendable {  // @unchecked because the server stops adding before it stops the daemon.
    private let daemon: OpaquePointer
    private let context: ServerContext

    /// - Throws: ``ListenError`` when the library does not start, which is a bad certificate or key as a rule.
    init(_ context: ServerContext) throws {
        self.context = context
        try SocketReads.requireInterposition()
        let configuration = context.configuration
        var settings = sibyl_daemon_settings()
        settings.flags =
            MHD_USE_EPOLL.rawValue | MHD_USE_INTERNAL_POLLING_THREAD.rawValue
            | MHD_USE_NO_LISTEN_SOCKET.rawValue | MHD_ALLOW_SUSPEND_RESUME.rawValue
            | (configuration.tls == nil ? 0 : MHD_USE_TLS.rawValue)
        // The acceptor keeps the bound. The library counts a connection a little longer than it tells us about it, and
        // would close one that comes meanwhile; so its own bound is out of reach.
        settings.connection_limit = UInt32(clamping: 2 * configuration.connections + 16)
        settings.idle_seconds = UInt32(max(1, configuration.idle.components.seconds))
        // The library clears all of this after each request, so it is as small as may be: the read buffer is half of
        // it, and a head that is a little too large must still fit beside the list of its fields, some 70 bytes each, so
        // that we can say what is wrong with it. With a third less, 300 short fields are refused by the library itself.
        settings.connection_memory_bytes = 2 * Limits.headerBytes + (8 << 10)
        // What is lenient in the library never comes to it: see RequestFraming. Strict, it would refuse with HTML.
        settings.strict = 0
        settings.context = Unmanaged.passUnretained(context).toOpaque()
        settings.handle = Self.handle
        settings.begin = Self.begin
        settings.complete = Self.complete
        settings.notify = Self.notify
        guard let daemon = Self.start(&settings, configuration.tls) else {
            throw ListenError(
                message: configuration.tls == nil
                    ? "The HTTP library did not start."
                    : "The HTTP library did not start; check the certificate and its key.")
        }
        self.daemon = daemon
    }

    /// Takes over a connected socket, and closes it in time; false when it was closed at once.
    func add(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> Bool {
        MHD_add_connection(daemon, socket, address, length) == .YES
    }

    /// Closes all connections and ends the thread.
    ///
    /// No connection may be suspended.
    func stop() { MHD_stop_daemon(daemon) }

    private static func start(
        _ settings: inout sibyl_daemon_settings, _ tls: HTTPServerConfiguration.TLS?
    ) -> OpaquePointer? {
        guard let tls else { return sibyl_start_daemon(&settings) }
        return tls.certificate.withCString { certificate in
            tls.key.withCString { key in
                // TLS 1.0 and 1.1 are on by default.
                "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2".withCString { priorities in
                    settings.tls_certificate = certificate
                    settings.tls_key = key
                    settings.tls_priorities = priorities
                    return sibyl_start_daemon(&settings)
                }
            }
        }
    }
}

// MARK: Callbacks

extension Daemon {
    /// A connection opens or closes.
    private static let notify: MHD_NotifyConnectionCallback = { context, connection, slot, event in
        let context = Unmanaged<ServerContext>.fromOpaque(context!).takeUnretainedValue()
        if event == .CONNECTION_NOTIFY_STARTED {
            let configuration = context.configuration
            let now = context.hooks.clock.now
            let client = ClientConnection(
                connection!, at: now, deadline: now + configuration.headerDeadline, idle: configuration.idle)
            watch(client, on: sibyl_connection_socket(connection!), context)
            context.opened(client)
            slot?.pointee = Unmanaged.passRetained(client).toOpaque()
        } else if let pointer = slot?.pointee {
            SocketReads.end(sibyl_connection_socket(connection!))
            context.closed(Unmanaged<ClientConnection>.fromOpaque(pointer).takeRetainedValue())
            slot?.pointee = nil
        }
    }

    /// Looks at all bytes of a connection before the library does.
    private static func watch(_ client: ClientConnection, on socket: Int32, _ context: ServerContext) {
        let (clock, patience) = (context.hooks.clock, context.configuration.headerDeadline)
        client.incoming.onPartialHead = { [weak client] in client?.headBegan(at: clock.now, until: clock.now + patience)
        }
        let watched = WatchedSocket(bytes: client.incoming, isEncrypted: context.configuration.tls != nil)
        SocketReads.begin(socket, through: watched)
    }

    /// A request line has come.
    ///
    /// The result is the request's own pointer in all later calls.
    private static let begin:
        @convention(c) (UnsafeMutableRawPointer?, UnsafePointer<CChar>?, OpaquePointer?) -> UnsafeMutableRawPointer? = {
            context, target, connection in
            let context = Unmanaged<ServerContext>.fromOpaque(context!).takeUnretainedValue()
            let pointer = sibyl_socket_context(connection!)
            let client = Unmanaged<ClientConnection>.fromOpaque(pointer!).takeUnretainedValue()
            let now = context.hooks.clock.now
            client.enter(.head(since: now, until: now + context.configuration.headerDeadline), at: now)
            let exchange = Exchange(
                number: client.incoming.beginRequest(),
                target: target.flatMap { String(validatingCString: $0) } ?? "", connection: connection!,
                client: client, context: context)
            return Unmanaged.passRetained(exchange).toOpaque()
        }

    private static let handle: MHD_AccessHandlerCallback = { _, _, _, method, version, bytes, count, slot in
        let exchange = Unmanaged<Exchange>.fromOpaque(slot!.pointee!).takeUnretainedValue()
        var taken = 0
        let goesOn = exchange.proceed(
            method: method!, version: version!,
            bytes: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count!.pointee), taken: &taken)
        count!.pointee -= taken
        return goesOn ? .YES : .NO
    }

    private static let complete: MHD_RequestCompletedCallback = { _, _, slot, reason in
        guard let pointer = slot?.pointee else { return }
        slot?.pointee = nil
        let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue()
        exchange.completed(whole: reason == .REQUEST_TERMINATED_COMPLETED_OK)
    }
}
