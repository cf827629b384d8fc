// The library's header brings the socket headers with it: whichever module is built first owns their names.
import CMicroHTTPD
import Core
import Glibc
import Synchronization

/// Puts ``IncomingBytes`` between libmicrohttpd and its sockets.
///
/// The library does not expose the bytes that it reads and has no hook for reading. But it calls `recv` (with TLS,
/// `gnutls_record_recv`) through the dynamic linker, where a function that the program exports takes precedence over a
/// shared library's (symbol interposition). So this file defines and exports both; see the linker flags in `Package.swift`.
/// Sockets that are not in the table, such as those of libcurl and libpq, are read as before. The alternative, a relay
/// between the socket and the library, would cost two more system calls and a thread's wake-up per request.
enum SocketReads {
    /// One place for each descriptor, because a lock or a hash for each read would cost more than the checks.
    ///
    /// A place is 0 while it is free, which is how `calloc` gives it, without touching the memory.
    // nonisolated(unsafe) because the pointer never changes, and each place is an atomic.
    nonisolated(unsafe) private static let places =
        calloc(count, MemoryLayout<Atomic<UInt>>.stride)!.bindMemory(to: Atomic<UInt>.self, capacity: count)

    /// Descriptors that a process may have: beyond what it asks for connections, with room to spare.
    private static let count = 65_536

    /// Whether a socket has a place; one without would be read unseen, and must not reach the library.
    static func canWatch(_ socket: Int32) -> Bool { (0..<Int32(count)).contains(socket) }

    /// Reads a socket through a connection's bytes from now on, until ``end(_:)``.
    static func begin(_ socket: Int32, through connection: WatchedSocket) {
        guard canWatch(socket) else { return }
        let pointer = UInt(bitPattern: Unmanaged.passRetained(connection).toOpaque())
        places[Int(socket)].store(pointer, ordering: .releasing)
    }

    /// Reads a socket as any other; called before the library closes it.
    static func end(_ socket: Int32) {
        guard canWatch(socket) else { return }
        let pointer = UnsafeRawPointer(bitPattern: places[Int(socket)].exchange(0, ordering: .acquiringAndReleasing))
        if let pointer { Unmanaged<WatchedSocket>.fromOpaque(pointer).release() }
    }

    /// A connection's thread alone reads it and ends it, so that what is found here stays.
    fileprivate static func connection(of socket: Int32) -> WatchedSocket? {
        guard canWatch(socket),
            let pointer = UnsafeRawPointer(bitPattern: places[Int(socket)].load(ordering: .acquiring))
        else { return nil }
        return Unmanaged<WatchedSocket>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// Checks that the library's calls arrive here: if the linker did not export the functions, nothing would be checked.
    ///
    /// - Throws: ``ListenError``.
    static func requireInterposition() throws {
        let ours: @convention(c) (Int32, UnsafeMutableRawPointer?, Int, Int32) -> Int = receive
        guard dlsym(nil, "recv") == unsafeBitCast(ours, to: UnsafeMutableRawPointer.self) else {
            throw ListenError(
                message: "This program was linked so that requests cannot be checked; build it with exported symbols.")
        }
    }
}

/// A socket whose bytes are looked at.
final class WatchedSocket: Sendable {
    let bytes: IncomingBytes
    /// Whether the socket itself brings records of TLS, out of which the bytes come.
    let isEncrypted: Bool

    init(bytes: IncomingBytes, isEncrypted: Bool) {
        self.bytes = bytes
        self.isEncrypted = isEncrypted
    }
}

/// What the C library's `recv` is, and for a watched socket more.
@_cdecl("recv")
package func receive(_ socket: Int32, _ buffer: UnsafeMutableRawPointer?, _ room: Int, _ flags: Int32) -> Int {
    // Who only looks takes nothing away.
    guard flags & Int32(MSG_PEEK) == 0, let buffer, let watched = SocketReads.connection(of: socket),
        !watched.isEncrypted
    else { return recvfrom(socket, buffer, room, flags, nil, nil) }
    return watched.bytes.receive(into: buffer, room: room) { recvfrom(socket, $0, $1, flags, nil, nil) }
}

private typealias RecordReceive = @convention(c) (OpaquePointer?, UnsafeMutableRawPointer?, Int) -> Int
private typealias TransportSocket = @convention(c) (OpaquePointer?) -> Int32

private let libraryRecordReceive = symbol(behindOurs: "gnutls_record_recv", as: RecordReceive.self)
private let transportSocket = symbol(behindOurs: "gnutls_transport_get_int", as: TransportSocket.self)

/// What GnuTLS' `gnutls_record_recv` is, and for a watched socket more.
@_cdecl("gnutls_record_recv")
package func receiveRecord(_ session: OpaquePointer?, _ buffer: UnsafeMutableRawPointer?, _ room: Int) -> Int {
    guard let libraryRecordReceive, let transportSocket else { return gnutlsInternalError }
    guard let buffer, let watched = SocketReads.connection(of: transportSocket(session)) else {
        return libraryRecordReceive(session, buffer, room)
    }
    return watched.bytes.receive(into: buffer, room: room) { libraryRecordReceive(session, $0, $1) }
}

/// GNUTLS_E_INTERNAL_ERROR.
private let gnutlsInternalError = -59

/// Finds the function that would be called if ours were not there: `dlsym` with RTLD_NEXT, which Swift does not import.
private func symbol<Function>(behindOurs name: String, as type: Function.Type) -> Function? {
    dlsym(UnsafeMutableRawPointer(bitPattern: -1), name).map { unsafeBitCast($0, to: type) }
}
