import Glibc

/// Says exactly what a test wants over a socket, and reads what comes back.
final class RawClient: @unchecked Sendable {  // @unchecked because a test's threads use it one after another.
    struct Failure: Error { let reason: String }

    struct Response {
        var status: Int
        var headers: [(name: String, value: String)]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }

        func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    let descriptor: Int32
    private var buffer: [UInt8] = []

    /// - Parameter receiveBuffer: bytes the kernel keeps for us, where a test wants little.
    init(port: UInt16, receiveBuffer: Int32? = nil) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        // Every wait of a test is bounded: a server that hangs fails the test.
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafeBytes(of: &address) {
            connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
        }
        // An object whose properties are set is deinitialized although its initializer throws: it closes the socket.
        guard result == 0 else {
            throw Failure(reason: "not connected: \(String(cString: strerror(errno)))")
        }
    }

    deinit { close(descriptor) }

    /// A port on which nobody listens.
    static func unusedPort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutableBytes(of: &address) { bytes in
            let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
            return bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
        guard isBound else { throw Failure(reason: "no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw Failure(reason: "not sent") }
            rest = rest.dropFirst(sent)
        }
    }

    /// Lets each send go out as a packet of its own.
    func sendAtOnce() {
        var isOn: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &isOn, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Sends zeros until the other end takes no more for a fifth of a second; gives how many went.
    func sendWhileTaken(_ total: Int) -> Int {
        let piece = [UInt8](repeating: 0, count: 64 << 10)
        var sent = 0
        while sent < total {
            var readiness = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&readiness, 1, 200) == 1 else { break }
            let count = Glibc.send(
                descriptor, piece, min(piece.count, total - sent), Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
            guard count > 0 else { break }
            sent += count
        }
        return sent
    }

    /// Lets time pass: these tests are about time, and the other end keeps it by its own clock.
    func pause(milliseconds: Int) { poll(nil, 0, Int32(milliseconds)) }

    /// Sends a letter every 20 ms; true when the other end closes the connection meanwhile.
    func sendSlowly(until end: Duration) -> Bool {
        for _ in 0..<Int(end / .milliseconds(20)) {
            var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&readiness, 1, 20) == 1 { return true }
            if Glibc.send(descriptor, "a", 1, Int32(MSG_NOSIGNAL)) < 1 { return true }
        }
        return false
    }

    /// Sends a request without a body and reads the answer.
    func get(_ target: String, method: String = "GET", headers: String = "") throws -> Response {
        try send("\(method) \(target) HTTP/1.1\r\nHost: test\r\n\(headers)\r\n")
        return try read(isHead: method == "HEAD")
    }

    /// Sends a request with a body of known length and reads the answer.
    func post(_ target: String, _ body: [UInt8], headers: String = "") throws -> Response {
        try send("POST \(target) HTTP/1.1\r\nHost: test\r\nContent-Length: \(body.count)\r\n\(headers)\r\n")
        try send(body)
        return try read()
    }

    /// Reads one answer.
    func read(isHead: Bool = false) throws -> Response {
        var response = try readHead()
        if isHead || [100, 204, 304].contains(response.status) { return response }
        if response.header("Transfer-Encoding") == "chunked" {
            while case let piece = try readChunk(), !piece.isEmpty { response.body += piece }
        } else if let length = response.header("Content-Length").flatMap({ Int($0) }) {
            response.body = try take(length)
        } else {
            response.body = try readToEnd()
        }
        return response
    }

    func readHead() throws -> Response {
        let lines = String(decoding: try takeThrough("\r\n\r\n"), as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(reason: "no status line")
        }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (name: String(parts[0]), value: String(parts.last!.drop { $0 == " " }))
        }
        return Response(status: status, headers: headers, body: [])
    }

    /// Reads one chunk; an empty one is the last.
    func readChunk() throws -> [UInt8] {
        let line = String(decoding: try takeThrough("\r\n").dropLast(2), as: UTF8.self)
        guard let count = Int(line, radix: 16) else { throw Failure(reason: "no chunk size") }
        return Array(try take(count + 2).dropLast(2))
    }

    /// Reads until the other end closes, or that much has come; a reset counts as an end too.
    func readToEnd(upTo limit: Int = .max) throws -> [UInt8] {
        while buffer.count < limit, try receive() {}
        defer { buffer = [] }
        return buffer
    }

    /// Whether the other end closes without saying anything more.
    func isClosed() throws -> Bool { try readToEnd().isEmpty }

    /// Whether nothing came that was not read, and the connection is open.
    var isQuiet: Bool {
        var readiness = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&readiness, 1, 0) == 0
    }

    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Reads that many bytes.
    func take(_ count: Int) throws -> [UInt8] {
        while buffer.count < count {
            guard try receive() else { throw Failure(reason: "closed too early") }
        }
        defer { buffer.removeFirst(count) }
        return Array(buffer.prefix(count))
    }

    private func takeThrough(_ mark: String) throws -> [UInt8] {
        let mark = Array(mark.utf8)
        while true {
            if buffer.count >= mark.count,
                let start = (0...buffer.count - mark.count).first(where: {
                    buffer[$0..<$0 + mark.count].elementsEqual(mark)
                })
            {
                return try take(start + mark.count)
            }
            guard try receive() else { throw Failure(reason: "closed too early") }
        }
    }

    private func receive() throws -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &piece, piece.count, 0)
        if count < 0 && errno == EAGAIN { throw Failure(reason: "nothing came in twenty seconds") }
        buffer += piece.prefix(max(0, count))
        return count > 0
    }
}
