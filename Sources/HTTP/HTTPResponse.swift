package import Core

/// One answer, as a handler gives it; the server adds the headers that every answer has.
///
/// Comes from: a handler. Goes to: the server.
package struct HTTPResponse: Sendable {
    /// What follows the headers.
    package enum Body: Sendable {
        case none
        /// Sent with its length; compressed when that pays and the caller takes it.
        case bytes([UInt8])
        /// Written while it is sent, in chunks: the closure runs in a task of its own once the answer has begun.
        /// When it throws, the connection is cut without the last chunk, so that nothing looks whole that is not.
        case stream(@Sendable (HTTPBodyWriter) async throws -> Void)
    }

    /// The status code, 200 to 599.
    package var status: Int
    package var headers: HTTPHeaders
    package var body: Body
    /// Why the answer is a refusal, as logs call it; nil for any other answer.
    package var code: ErrorCode?

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: Body = .none) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An answer of `application/json`.
    package static func json(_ bytes: [UInt8], status: Int = 200, headers: HTTPHeaders = HTTPHeaders()) -> HTTPResponse
    {
        .bytes(bytes, type: "application/json", status: status, headers: headers)
    }

    /// An answer of any media type.
    package static func bytes(
        _ bytes: [UInt8], type: String, status: Int = 200, headers: HTTPHeaders = HTTPHeaders()
    ) -> HTTPResponse {
        var headers = headers
        headers.set("Content-Type", type)
        return HTTPResponse(status: status, headers: headers, body: .bytes(bytes))
    }

    /// An answer that is written while it is sent.
    package static func stream(
        type: String, status: Int = 200, headers: HTTPHeaders = HTTPHeaders(),
        _ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void
    ) -> HTTPResponse {
        var headers = headers
        headers.set("Content-Type", type)
        return HTTPResponse(status: status, headers: headers, body: .stream(produce))
    }
}
