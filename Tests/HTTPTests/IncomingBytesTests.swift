import Core
import Glibc
import Testing

@testable import HTTP

/// What the library is given to read, without a socket.
@Suite struct IncomingBytesTests {
    /// Reads a connection on which pieces arrive, as the library does; nil stands for a moment in which nothing comes.
    private func read(_ pieces: [String?], room: Int = 64) -> (bytes: String, incoming: IncomingBytes, stalled: Bool) {
        let incoming = IncomingBytes()
        var pieces = pieces.map { $0.map { Array($0.utf8) } }
        var bytes: [UInt8] = []
        var stalled = false
        // As of the kernel: what is there, up to the room for it.
        let source: (UnsafeMutableRawPointer, Int) -> Int = { place, room in
            if pieces.isEmpty { return 0 }
            var count = 0
            while count < room, case let piece?? = pieces.first {
                let part = piece.prefix(room - count)
                (place + count).copyMemory(from: Array(part), byteCount: part.count)
                count += part.count
                if part.count == piece.count { pieces.removeFirst() } else { pieces[0] = Array(piece[part.count...]) }
            }
            return count > 0 ? count : -1
        }
        var buffer = [UInt8](repeating: 0, count: room)
        while true {
            let count = buffer.withUnsafeMutableBytes {
                incoming.receive(into: $0.baseAddress!, room: room, from: source)
            }
            if count > 0 { bytes += buffer[..<count] }
            if count == 0 { break }
            // The kernel tells of new bytes only: what it holds already would never be read.
            if count > 0, count < room, let next = pieces.first, next != nil { stalled = true }
            if count < 0 { pieces.removeFirst() }
        }
        return (String(decoding: bytes, as: UTF8.self), incoming, stalled)
    }

    private let request = "POST /a HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"

    @Test(arguments: [1, 7, 20, 64, 4_096])
    func `right bytes come as they are, and none is left unread while there is room`(room: Int) {
        let all = String(repeating: request, count: 50)
        #expect(read([all], room: room).bytes == all)
        let pieces = stride(from: 0, to: all.count, by: 13).map { start in
            String(all.dropFirst(start).prefix(13))
        }
        let parted = read(pieces.flatMap { [$0, nil] }, room: room)
        #expect(parted.bytes == all && !parted.stalled)
        let together = read(pieces, room: room)
        #expect(together.bytes == all && !together.stalled)
    }

    @Test
    func `what is wrong is ended as a request, and only that request has the fault`() {
        let second = "POST /b HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n"
        let broken = read([request + second + "5\nabcde"], room: 4_096)
        #expect(broken.bytes == request + second + "0\r\n\r\n")
        #expect(broken.incoming.fault(ofRequest: 1) == nil && broken.incoming.fault(ofRequest: 2) != nil)
        let head = read([request, nil, "GET / HTTP/3.0\r\n", nil, "\r\n", "more"])
        #expect(head.bytes.hasPrefix(request + "GET / HTTP/1.1\r\n") && head.bytes.hasSuffix("\r\n\r\n"))
        #expect(head.incoming.fault(ofRequest: 2) == .versionNotSupported)
    }

    @Test
    func `blanks behind a value come to stand before it, in as many bytes`() {
        let padded = "GET / HTTP/1.1\r\nHost: t \t\r\nX: a b  \r\nY:   \r\nZ:c\t\r\n\r\n"
        let moved = "GET / HTTP/1.1\r\nHost:   t\r\nX:   a b\r\nY:   \r\nZ: c\r\n\r\n"
        for room in [1, 9, 64, 4_096] {
            #expect(read([padded + request + padded], room: room).bytes == moved + request + moved, "\(room)")
        }
        let pieces = padded.map { String($0) } + [request]
        #expect(read(pieces.flatMap { [$0, nil] }).bytes == moved + request)
    }

    @Test
    func `a descriptor that has no place in the table is not let in`() {
        #expect(SocketReads.canWatch(0) && SocketReads.canWatch(65_535))
        #expect(!SocketReads.canWatch(65_536) && !SocketReads.canWatch(-1))
    }

    @Test
    func `a head in parts is told of once`() {
        let incoming = IncomingBytes()
        var told = 0
        incoming.onPartialHead = { told += 1 }
        var buffer = [UInt8](repeating: 0, count: 256)
        for (piece, expected) in [("GET / HT", 1), ("TP/1.1\r\n", 1), ("Host: t\r\n\r\n", 1), ("G", 2)] {
            var left = Array(piece.utf8)
            _ = buffer.withUnsafeMutableBytes {
                incoming.receive(into: $0.baseAddress!, room: 256) { place, _ in
                    guard !left.isEmpty else { return -1 }
                    place.copyMemory(from: left, byteCount: left.count)
                    defer { left = [] }
                    return left.count
                }
            }
            #expect(told == expected, "\(piece)")
        }
    }
}
