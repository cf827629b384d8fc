import Compression
import Core

/// An answer ready to be sent: compressed when that was agreed on.
struct Answer: Sendable {
    var status: Int
    var headers: HTTPHeaders
    var body: HTTPResponse.Body
    /// Why it is a refusal, as logs call it; nil for any other answer.
    let code: ErrorCode?
    /// Whether the body is a stream that is compressed while it is written.
    var compressesStream = false

    /// Prepares a handler's response.
    ///
    /// Compression takes time, so this runs where the handler ran.
    init(_ response: HTTPResponse, in coding: ContentCoding) {
        (status, headers, body, code) = (response.status, response.headers, response.body, response.code)
        guard let type = headers.first("Content-Type"), headers.first("Content-Encoding") == nil else { return }
        let shrinks = ContentCoding.shrinks(type)
        guard shrinks || coding == .gzipOnly else { return }
        headers.vary(by: "Accept-Encoding")
        guard coding != .identity else { return }
        switch body {
        case .bytes(let bytes) where bytes.count >= Limits.compressedAnswerBytes || coding == .gzipOnly:
            body = .bytes(Deflate.gzip(bytes, level: Self.level))
        case .stream: compressesStream = true
        default: return
        }
        headers.set("Content-Encoding", "gzip")
    }

    /// Fast: an answer is compressed once and read once.
    private static let level = 1

    /// The answer as the bytes of an HTTP/1.1 message that ends its connection; a stream is left out.
    func message() -> [UInt8] {
        var bytes: [UInt8] = []
        if case .bytes(let body) = body { bytes = body }
        var head = "HTTP/1.1 \(status) \(HTTPStatus.phrase(of: status))\r\n"
        for field in headers.fields { head += "\(field.name): \(field.value)\r\n" }
        head += "Content-Length: \(bytes.count)\r\nConnection: close\r\n\r\n"
        return Array(head.utf8) + bytes
    }
}

extension Duration {
    /// Seconds with six digits after the point, such as `0.000123`; formatted by hand because every answer has one.
    var asProcessTime: String {
        let (seconds, attoseconds) = components
        // The leading 1, which is dropped, keeps the zeros behind it.
        let digits = String(1_000_000 + max(0, attoseconds) / 1_000_000_000_000).utf8.dropFirst()
        return "\(max(0, seconds)).\(Substring(digits))"
    }
}
