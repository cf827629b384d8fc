package import Core

/// A request that cannot be served, or a body that cannot be read, for a reason of HTTP itself.
package enum HTTPError: CodedError, Equatable {
    /// The request breaks the rules of HTTP; the text says which, without repeating the request.
    case malformed(String)
    case headersTooLarge(limit: Int)
    case bodyTooLarge(limit: Int)
    /// The caller went away, or the compressed body ends too early.
    case bodyIncomplete
    case bodyCorrupt
    /// The service holds as many bytes of bodies as it may.
    case bodiesFull
    /// The body should be a form with one file and is not.
    case form(FormFault)
    case unsupportedEncoding
    case routeNotFound
    case methodNotAllowed(allowed: [String])
    case shuttingDown
    /// A handler gave a header that cannot be sent.
    case unsendableHeader

    package var code: ErrorCode {
        switch self {
        case .malformed, .bodyCorrupt: .malformedRequest
        case .headersTooLarge: .headersTooLarge
        case .bodyTooLarge: .bodyTooLarge
        case .bodiesFull: .queueFull
        case .bodyIncomplete: .bodyIncomplete
        case .form(let fault): fault.code
        case .unsupportedEncoding: .unsupportedEncoding
        case .routeNotFound: .routeNotFound
        case .methodNotAllowed: .methodNotAllowed
        case .shuttingDown: .shuttingDown
        case .unsendableHeader: .internalError
        }
    }

    package var message: String {
        switch self {
        case .malformed(let reason): "The request is malformed: \(reason)."
        case .headersTooLarge(let limit): "The request line and headers are larger than \(limit) bytes."
        case .bodyTooLarge(let limit): "The body is larger than \(limit) bytes."
        case .bodyIncomplete: "The body ended before it was complete; send it again."
        case .bodyCorrupt: "The body is not valid gzip; send it without Content-Encoding, or compress it again."
        case .bodiesFull: "Many large requests are being read; try again in a moment, or stream rows as CSV or NDJSON."
        case .form(let fault): fault.message
        case .unsupportedEncoding: "Bodies are taken plain or with Content-Encoding: gzip."
        case .routeNotFound: "There is nothing at this path; `/` lists what there is."
        case .methodNotAllowed(let allowed): "This path answers \(allowed.joined(separator: ", "))."
        case .shuttingDown: "The service is shutting down; try again in a moment."
        case .unsendableHeader: "The answer could not be sent."
        }
    }
}
