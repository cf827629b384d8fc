import Core
import Glibc

/// Checks the raw bytes of a connection against the framing rules of HTTP/1.1, request after request.
///
/// libmicrohttpd 0.9.75 accepts bare LF, NUL and folded lines, and answers what it refuses with its own HTML. So only whole,
/// valid units may reach it: a head, a chunk's size line, the line end after a chunk, the trailer section. Then every server
/// in a chain reads the same requests (request smuggling: RFC 9112, section 11.2).
///
/// Comes from: ``IncomingBytes``. Goes to: the same.
struct RequestFraming {
    /// The result of checking some bytes.
    struct Progress {
        /// Number of bytes, from the first one on, that are valid and may reach the library.
        var passable: Int
        /// The fault in the unit after them; once there is one, nothing more may be fed.
        var fault: HTTPError?
        /// The places, among the bytes that are valid, of header values that blanks stand behind: the library would keep
        /// those as parts of the values, and take no number with them.
        var padded: [Range<Int>] = []
    }

    private enum State {
        case head
        case body(left: Int)
        case chunkSize
        case chunk(left: Int)
        case chunkEnd
        case trailers
    }

    /// Number of heads so far: the valid ones, and the invalid one if there is one.
    private(set) var requests = 0
    private var state = State.head
    /// Number of bytes of the incomplete unit that were searched for line ends.
    private var searched = 0
    /// Offset of the current line within the incomplete unit.
    private var lineStart = 0

    /// What ``Progress/padded`` says, for the last unit alone.
    private var padded: [Range<Int>] = []

    /// Whether a head has begun and is not whole.
    var isWithinHead: Bool { if case .head = state { searched > 0 } else { false } }

    /// Checks bytes; the caller passes those after ``Progress/passable`` again, followed by more.
    mutating func advance(over bytes: UnsafeRawBufferPointer) -> Progress {
        var progress = Progress(passable: 0)
        do {
            while progress.passable < bytes.count {
                let place = progress.passable
                padded = []
                guard let count = try passUnit(UnsafeRawBufferPointer(rebasing: bytes[place...])) else { break }
                for value in padded { progress.padded.append((place + value.lowerBound)..<(place + value.upperBound)) }
                progress.passable += count
            }
        } catch {
            if case .head = state { requests += 1 }
            progress.fault = error as? HTTPError ?? .malformed("its framing is broken")
        }
        return progress
    }

    /// Bytes that turn what has passed before a fault into a complete request, so that the library finishes it.
    var ending: [UInt8] {
        switch state {
        case .head: Array("GET / HTTP/1.1\r\nHost: refused\r\nConnection: close\r\n\r\n".utf8)
        case .body: []
        case .chunkSize: Array("0\r\n\r\n".utf8)
        case .chunk, .chunkEnd: Array("\r\n0\r\n\r\n".utf8)
        case .trailers: Array("\r\n".utf8)
        }
    }

    /// Checks one unit and returns its length; nil when it is incomplete.
    private mutating func passUnit(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        switch state {
        case .head: return try passHead(bytes)
        case .body(let left):
            let count = min(left, bytes.count)
            state = count == left ? .head : .body(left: left - count)
            return count
        case .chunkSize: return try passChunkSize(bytes)
        case .chunk(let left):
            let count = min(left, bytes.count)
            state = count == left ? .chunkEnd : .chunk(left: left - count)
            return count
        case .chunkEnd:
            guard bytes[0] == Self.carriageReturn, bytes.count == 1 || bytes[1] == Self.lineFeed else {
                throw HTTPError.malformed("a chunk is not followed by CR and LF")
            }
            guard bytes.count > 1 else { return nil }
            state = .chunkSize
            return 2
        case .trailers: return try passTrailers(bytes)
        }
    }

    private mutating func passHead(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        // An empty line before a request is allowed; what begins with anything else is another protocol, such as TLS.
        guard FieldBytes.isToken(bytes[0]) || bytes[0] == Self.carriageReturn else {
            throw HTTPError.malformed("it does not begin with a method")
        }
        guard let end = try findEmptyLine(bytes) else {
            guard bytes.count <= Limits.headerBytes else { throw Self.tooLong(bytes) }
            return nil
        }
        guard end > 2 else { return end }
        guard end <= Limits.headerBytes else { throw Self.tooLong(bytes) }
        let head = try RawHead(UnsafeRawBufferPointer(rebasing: bytes[..<(end - 2)])).checked(padded: &padded)
        requests += 1
        state = head.isChunked ? .chunkSize : head.hasBody ? .body(left: head.contentLength ?? 0) : .head
        return end
    }

    private static func tooLong(_ head: UnsafeRawBufferPointer) -> HTTPError {
        head.prefix(Limits.headerBytes).contains(lineFeed)
            ? .headersTooLarge(limit: Limits.headerBytes) : .targetTooLong(limit: Limits.headerBytes)
    }

    private mutating func passChunkSize(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        guard let end = try findLineEnd(bytes) else {
            guard bytes.count <= Limits.chunkLineBytes else { throw HTTPError.malformed("a chunk's size is too long") }
            return nil
        }
        searched = 0
        guard end <= Limits.chunkLineBytes else { throw HTTPError.malformed("a chunk's size is too long") }
        let size = try Self.chunkSize(UnsafeRawBufferPointer(rebasing: bytes[..<(end - 2)]))
        state = size == 0 ? .trailers : .chunk(left: size)
        return end
    }

    private mutating func passTrailers(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        guard let end = try findEmptyLine(bytes) else {
            guard bytes.count <= Limits.headerBytes else {
                throw HTTPError.headersTooLarge(limit: Limits.headerBytes)
            }
            return nil
        }
        guard end <= Limits.headerBytes else { throw HTTPError.headersTooLarge(limit: Limits.headerBytes) }
        try RawHead.checkFields(UnsafeRawBufferPointer(rebasing: bytes[..<(end - 2)]))
        state = .head
        return end
    }

    /// Up to fifteen hexadecimal digits, and extensions behind a semicolon.
    private static func chunkSize(_ line: UnsafeRawBufferPointer) throws -> Int {
        let digits = line.prefix { Hexadecimal.value(of: $0) != nil }
        guard (1...15).contains(digits.count), digits.count == line.count || line[digits.count] == UInt8(ascii: ";"),
            line.allSatisfy(FieldBytes.isValue)
        else { throw HTTPError.malformed("a chunk's size is no number") }
        return digits.reduce(0) { $0 << 4 | Int(Hexadecimal.value(of: $1) ?? 0) }
    }

    // MARK: Lines

    /// Where the first empty line ends, and with it the unit; nil when it has not come.
    private mutating func findEmptyLine(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        while let end = try findLineEnd(bytes) {
            if end - lineStart == 2 {
                (searched, lineStart) = (0, 0)
                return end
            }
            lineStart = end
        }
        return nil
    }

    /// The place behind the next line end.
    private mutating func findLineEnd(_ bytes: UnsafeRawBufferPointer) throws -> Int? {
        guard let base = bytes.baseAddress, searched < bytes.count,
            let found = memchr(base + searched, Int32(Self.lineFeed), bytes.count - searched)
        else {
            searched = bytes.count
            return nil
        }
        let index = UnsafeRawPointer(found) - base
        searched = index + 1
        guard index > lineStart, bytes[index - 1] == Self.carriageReturn else {
            throw HTTPError.malformed("a line ends with LF alone")
        }
        return index + 1
    }

    private static let carriageReturn = UInt8(ascii: "\r")
    private static let lineFeed = UInt8(ascii: "\n")
}
