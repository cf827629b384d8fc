import CMicroHTTPD
import Core

/// The head of a request as the library hands it over, checked against what it lets through.
///
/// libmicrohttpd 0.9.75 takes two different lengths, a length together with chunks, bare LF, NUL bytes and folded
/// lines, each of which lets two servers in a row see two different requests (request smuggling, RFC 9112, section 11.2).
/// Everything here that is found wrong is answered 400, and the connection is closed.
struct RequestHead {
    var headers = HTTPHeaders()
    /// The length that the request announces; nil when there is none.
    var contentLength: Int?
    var isChunked = false

    /// Whether a body follows.
    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
    /// Whether the caller waits for a word before it sends the body.
    var expectsContinue: Bool { headers.first("Expect")?.equalsIgnoringCase("100-continue") ?? false }

    /// Reads and checks the headers of a connection.
    ///
    /// Only from within the first call of the handler.
    ///
    /// - Parameters:
    ///   - version: the request line's last word, in the connection's buffer.
    ///   - targetBytes: the length of the target, which counts toward the bound.
    /// - Throws: ``HTTPError``: `malformed` or `headersTooLarge`.
    init(of connection: OpaquePointer, version: UnsafePointer<CChar>, targetBytes: Int) throws {
        let version = UnsafeRawPointer(version)
        let reader = FieldReader(after: version + 8)
        MHD_get_connection_values_n(
            connection, .HEADER_KIND,
            { context, _, name, nameCount, value, valueCount in
                let reader = Unmanaged<FieldReader>.fromOpaque(context!).takeUnretainedValue()
                reader.read(name: name, nameCount, value: value, valueCount)
                return .YES
            }, Unmanaged.passUnretained(reader).toOpaque())
        if let error = reader.error { throw error }
        guard targetBytes + reader.bytes <= Limits.headerBytes else {
            throw HTTPError.headersTooLarge(limit: Limits.headerBytes)
        }
        try self.init(
            reader.headers, isVersion11: version.load(fromByteOffset: 7, as: UInt8.self) != UInt8(ascii: "0"))
    }

    /// Checks header fields that were taken apart.
    ///
    /// - Throws: ``HTTPError``: `malformed`.
    init(_ headers: HTTPHeaders, isVersion11: Bool) throws {
        self.headers = headers
        try checkHost(isVersion11: isVersion11)
        try readFraming(isVersion11: isVersion11)
    }

    private func checkHost(isVersion11: Bool) throws {
        let hosts = headers.all("Host")
        guard hosts.count <= 1 else { throw HTTPError.malformed("it has more than one Host header") }
        guard !hosts.isEmpty || !isVersion11 else { throw HTTPError.malformed("it has no Host header") }
    }

    private mutating func readFraming(isVersion11: Bool) throws {
        let lengths = headers.all("Content-Length")
        let codings = headers.all("Transfer-Encoding")
        guard lengths.count <= 1 else { throw HTTPError.malformed("it has more than one Content-Length header") }
        if let length = lengths.first {
            guard codings.isEmpty else {
                throw HTTPError.malformed("it has both a Content-Length and a Transfer-Encoding header")
            }
            guard !length.isEmpty, length.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(length)
            else {
                throw HTTPError.malformed("its Content-Length is not a number")
            }
            contentLength = count
        }
        guard !codings.isEmpty else { return }
        guard codings.count == 1, codings[0].equalsIgnoringCase("chunked"), isVersion11 else {
            throw HTTPError.malformed("its Transfer-Encoding is not chunked")
        }
        isChunked = true
    }
}

/// Collects header fields, and sees from where they lie in the buffer what the library does not tell.
private final class FieldReader {
    var headers = HTTPHeaders()
    var bytes = 0
    var error: HTTPError?
    /// Where the line before ended.
    private var lineEnd: UnsafeRawPointer

    init(after lineEnd: UnsafeRawPointer) { self.lineEnd = lineEnd }

    func read(name: UnsafePointer<CChar>?, _ nameCount: Int, value: UnsafePointer<CChar>?, _ valueCount: Int) {
        guard error == nil, let name else { return }
        let nameBytes = UnsafeRawBufferPointer(start: name, count: nameCount)
        let valueBytes = UnsafeRawBufferPointer(start: value, count: valueCount)
        bytes += nameCount + valueCount + 4
        guard nameCount > 0, nameBytes.allSatisfy(isTokenByte) else {
            error = .malformed("a header's name holds a byte that is not allowed")
            return
        }
        guard valueBytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            error = .malformed("a header's value holds a control character")
            return
        }
        guard !LibraryVersion.isLenient || begins(name: nameBytes) else {
            error = .malformed("a header holds a NUL byte, a folded line or a line end without CR")
            return
        }
        lineEnd = valueBytes.baseAddress.map { $0 + valueCount } ?? UnsafeRawPointer(name) + nameCount
        headers.add(String(decoding: nameBytes, as: UTF8.self), String(decoding: valueBytes, as: UTF8.self))
    }

    /// Whether a line begins exactly two bytes after the end of the one before it.
    ///
    /// The lenient library parses in place and replaces CR and LF by NUL. When it cut a line at a NUL byte, took a bare
    /// LF, or copied a folded line elsewhere, the distance differs.
    private func begins(name: UnsafeRawBufferPointer) -> Bool { name.baseAddress == lineEnd + 2 }
}

/// Whether a byte may stand in a header's name (RFC 9110, section 5.6.2).
private func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
}
