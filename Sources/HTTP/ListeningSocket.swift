// The library's header brings the socket headers with it: whichever module is built first owns their names.
import CMicroHTTPD
package import Core
import Glibc

/// A server cannot begin to listen.
package struct ListenError: CodedError {
    package let code = ErrorCode.configurationInvalid
    package let message: String
}

/// A socket on which connections arrive.
struct ListeningSocket {
    let descriptor: Int32
    /// The port that was chosen, when any would do.
    let port: UInt16

    /// - Throws: ``ListenError``: the address is taken, or not one of this machine.
    init(host: String, port: UInt16) throws {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found else {
            throw ListenError(message: "\(host) is not an address or name that can be listened on.")
        }
        defer { freeaddrinfo(found) }
        descriptor = socket(
            address.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Self.error(host, port) }
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        guard bind(descriptor, address.pointee.ai_addr, address.pointee.ai_addrlen) == 0,
            listen(descriptor, SOMAXCONN) == 0
        else {
            let error = Self.error(host, port)
            Glibc.close(descriptor)
            throw error
        }
        self.port = Self.port(of: descriptor)
    }

    func close() { Glibc.close(descriptor) }

    private static func port(of descriptor: Int32) -> UInt16 {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        return withUnsafeMutableBytes(of: &storage) { bytes in
            getsockname(descriptor, bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self), &length)
            // The port stands at the same place for both families.
            return UInt16(bigEndian: bytes.load(fromByteOffset: 2, as: UInt16.self))
        }
    }

    private static func error(_ host: String, _ port: UInt16) -> ListenError {
        let place = "\(host):\(port)"
        switch errno {
        case EADDRINUSE: return ListenError(message: "\(place) is in use; stop what listens there or choose another.")
        case EACCES: return ListenError(message: "\(place) needs privileges; choose a port from 1024 on.")
        case EADDRNOTAVAIL: return ListenError(message: "\(place) is not an address of this machine.")
        default: return ListenError(message: "\(place) cannot be listened on: \(String(cString: strerror(errno))).")
        }
    }
}
