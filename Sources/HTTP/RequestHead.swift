import CMicroHTTPD
import Core

/// What the head of a request says, as far as this side of a handler needs it.
///
/// Where a head could mean two bodies it is refused: a length together with chunks, two lengths, an encoding that is not
/// chunked. Everything that is found wrong is answered 400, and the connection is closed.
struct RequestHead {
    var headers = HTTPHeaders()
    /// The length that the request announces; nil when there is none.
    var contentLength: Int?
    var isChunked = false

    /// Whether a body follows.
    var hasBody: Bool { isChunked || (contentLength ?? 0) > 0 }
    /// Whether the caller waits for a word before it sends the body.
    private(set) var expectsContinue = false
    /// Whether the caller expects anything else, which nobody here can meet.
    private(set) var hasUnknownExpectation = false

    /// Reads and checks the headers of a connection.
    ///
    /// Only from within the first call of the handler.
    ///
    /// - Parameter version: the request line's last word, such as `HTTP/1.1`.
    /// - Throws: ``HTTPError``: `malformed`.
    init(of connection: OpaquePointer, version: UnsafePointer<CChar>) throws {
        let reader = FieldReader()
        MHD_get_connection_values_n(
            connection, .HEADER_KIND,
            { context, _, name, nameCount, value, valueCount in
                let reader = Unmanaged<FieldReader>.fromOpaque(context!).takeUnretainedValue()
                reader.read(name: name, nameCount, value: value, valueCount)
                return .YES
            }, Unmanaged.passUnretained(reader).toOpaque())
        try self.init(reader.headers, isVersion11: UInt8(bitPattern: version[7]) != UInt8(ascii: "0"))
    }

    /// Checks header fields that were taken apart.
    ///
    /// - Throws: ``HTTPError``: `malformed`.
    init(_ headers: HTTPHeaders, isVersion11: Bool) throws {
        self.headers = headers
        try checkHost(isVersion11: isVersion11)
        try readFraming(isVersion11: isVersion11)
        // Expectations came with HTTP 1.1; from an older caller they mean nothing (RFC 9110, section 10.1.1).
        if isVersion11 { readExpectations() }
    }

    private mutating func readExpectations() {
        guard headers.first("Expect") != nil else { return }
        for item in headers.all("Expect").flatMap({ $0.split(separator: ",") }).map(\.trimmingSpaces) {
            if item.equalsIgnoringCase("100-continue") { expectsContinue = true } else { hasUnknownExpectation = true }
        }
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

/// Collects header fields.
private final class FieldReader {
    var headers = HTTPHeaders()

    func read(name: UnsafePointer<CChar>?, _ nameCount: Int, value: UnsafePointer<CChar>?, _ valueCount: Int) {
        headers.add(Self.text(name, nameCount), Self.text(value, valueCount))
    }

    private static func text(_ bytes: UnsafePointer<CChar>?, _ count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: bytes == nil ? 0 : count), as: UTF8.self)
    }
}
