package import Core

/// A request that cannot be served, or a body that cannot be read, for a reason of HTTP itself.
package enum HTTPError: CodedError, Equatable {
    /// The request breaks the rules of HTTP; the text says which, without repeating the request.
    case malformed(String)
    case headersTooLarge(limit: Int)
    case tooManyHeaders(limit: Int)
    /// The request line alone is longer than a whole head may be.
    case targetTooLong(limit: Int)
    case versionNotSupported
    case bodyTooLarge(limit: Int)
    /// The caller went away, or the compressed body ends too early.
    case bodyIncomplete
    case bodyCorrupt
    /// The service holds as many bytes of bodies as it may.
    case bodiesFull
    /// The body came too slowly while others waited.
    case gaveWay
    /// As many bytes of large answers are on their way as may be.
    case answersFull
    /// The body should be a form with one file and is not.
    case form(FormFault)
    case unsupportedEncoding
    /// The caller takes none of the media types in which the answer can be given.
    case notAcceptable(known: [String])
    /// The caller takes neither plain nor compressed answers.
    case codingNotAcceptable
    /// The caller expects something else than a word before it sends the body.
    case unknownExpectation
    case routeNotFound
    /// - `advice`: what to do instead, as the path's routes have it; empty when they have none.
    case methodNotAllowed(allowed: [String], advice: String = "")
    case shuttingDown
    /// The request names a host that is not one of this service's.
    case foreignHost
    /// A page of another site sent the request.
    case foreignSite
    /// A proxy stands in front, so that a loopback address proves nothing about the caller.
    case forwarded
    /// A handler gave a header that cannot be sent.
    case unsendableHeader

    package var code: ErrorCode {
        switch self {
        case .malformed, .bodyCorrupt: .malformedRequest
        case .headersTooLarge, .tooManyHeaders: .headersTooLarge
        case .targetTooLong: .targetTooLong
        case .versionNotSupported: .versionNotSupported
        case .bodyTooLarge: .bodyTooLarge
        case .bodiesFull, .gaveWay, .answersFull: .queueFull
        case .bodyIncomplete: .bodyIncomplete
        case .form(let fault): fault.code
        case .unsupportedEncoding: .unsupportedEncoding
        case .notAcceptable, .codingNotAcceptable: .notAcceptable
        case .unknownExpectation: .expectationFailed
        case .routeNotFound: .routeNotFound
        case .methodNotAllowed: .methodNotAllowed
        case .shuttingDown: .shuttingDown
        case .foreignHost, .foreignSite, .forwarded: .forbidden
        case .unsendableHeader: .internalError
        }
    }

    package var message: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .headersTooLarge(let limit): "The request line and headers are larger than \(limit) bytes."
        case .tooManyHeaders(let limit): "The request has more than \(limit) headers."
        case .targetTooLong(let limit):
            "The request line is longer than \(limit) bytes; move long options to the body."
        case .versionNotSupported: "Only HTTP/1.1 and HTTP/1.0 are supported."
        case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
        case .bodyIncomplete: "The body ended before it was complete; send it again."
        case .bodyCorrupt: "The body is not valid gzip; send it without Content-Encoding, or compress it again."
        case .bodiesFull: "Many large requests are being read; try again in a moment, or stream rows as CSV or NDJSON."
        case .gaveWay:
            "The body came at less than \(Limits.crowdedRate >> 10) KiB/s while others waited, so this request gave way; "
                + "send it again, or go on with `--resume`."
        case .answersFull:
            "Many large answers are being read; try again in a moment, or ask for smaller pages with `limit`."
        case .form(let fault): fault.message
        case .unsupportedEncoding: "Bodies are taken plain or with Content-Encoding: gzip."
        case .routeNotFound: "No route has this path; `GET /` lists all routes."
        case .methodNotAllowed(let allowed, let advice):
            "This path answers \(allowed.joined(separator: ", "))." + (advice.isEmpty ? "" : " " + advice)
        case .notAcceptable(let known):
            "This route answers only as \(known.joined(separator: ", ")); change the Accept header or leave it out."
        case .codingNotAcceptable:
            "Accept-Encoding allows neither `identity` nor `gzip`, the only codings available; allow one of them."
        case .unknownExpectation: "The only expectation supported is 100-continue; leave out any other."
        case .shuttingDown: "The service is shutting down; try again in a moment."
        case .foreignHost:
            "The Host header is not a name of this service. Use localhost, or add the name to SIBYL_HOSTS."
        case .foreignSite:
            "Origin or Sec-Fetch-Site shows that a web page of another site sent this request. Without keys, only programs "
                + "and this service's own pages may call it."
        case .forwarded:
            "The request has Forwarded or X-Forwarded-* headers. Without keys (SIBYL_AUTH=off), requests from proxies are "
                + "refused; connect directly."
        case .unsendableHeader: "The answer could not be sent."
        }
    }
}
