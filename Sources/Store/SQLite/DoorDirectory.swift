internal import Core
internal import Glibc

/// The folder of the processes' doorbell sockets.
///
/// A socket's path may have 107 bytes only, and a database may lie deep; so paths go through the folder's descriptor in
/// `/proc/self/fd`, which is always short.
final class DoorDirectory: Sendable {
    private let folder: Int32
    private let path: String
    private let sender: Int32

    init(path: String) throws {
        self.path = path
        folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        sender = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        if folder < 0 || sender < 0 { throw Self.failure }
    }

    deinit {
        close(folder)
        close(sender)
    }

    /// When a door was last made or taken away, in nanoseconds.
    var changedAt: Int {
        var status = stat()
        return fstat(folder, &status) == 0 ? status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec : 0
    }

    /// The doors that are there, of the living and of those that died without taking theirs along.
    func names() -> [String] {
        (try? DatabaseFiles.names(in: path)) ?? []  // try? because a bell that cannot be rung is heard at the next look
    }

    /// Makes a door.
    func bind(_ name: String) throws -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.failure }
        unlinkat(folder, name, 0)
        // Bound to a name, the socket keeps these rights, less the umask.
        fchmod(descriptor, 0o600)
        guard withAddress(of: name, { Glibc.bind(descriptor, $0, $1) }) == 0 else {
            defer { close(descriptor) }
            throw Self.failure
        }
        return descriptor
    }

    func remove(_ name: String, _ descriptor: Int32) {
        unlinkat(folder, name, 0)
        close(descriptor)
    }

    /// Sends without waiting.
    ///
    /// A full door has been rung already; the door of a dead process is taken away.
    func send(_ message: [UInt8], to name: String) {
        let sent = withAddress(of: name) { sendto(sender, message, message.count, 0, $0, $1) }
        if sent < 0, errno == ECONNREFUSED { unlinkat(folder, name, 0) }
    }

    /// Waits for a message; nil when none comes in time.
    func receive(on descriptor: Int32, for limit: Duration) -> [UInt8]? {
        var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, Int32(clamping: limit.wholeMilliseconds)) > 0 else { return nil }
        return [UInt8](unsafeUninitializedCapacity: Self.messageBytes) { buffer, count in
            count = max(0, recv(descriptor, buffer.baseAddress, Self.messageBytes, Int32(MSG_DONTWAIT)))
        }
    }

    private static let messageBytes = 16 << 10

    private func withAddress<Value>(of name: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { target in
            target.copyBytes(from: "/proc/self/fd/\(folder)/\(name)".utf8.prefix(target.count - 1))
        }
        return withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static var failure: StoreError { .doorbellUnusable(reason: String(cString: strerror(errno))) }
}
