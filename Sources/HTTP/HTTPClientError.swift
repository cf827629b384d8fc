package import Core

/// A request that got no answer, or none that can be used.
package enum HTTPClientError: CodedError, Equatable {
    /// Nobody answers at the address; the text is the cause in the library's words.
    case unreachable(url: String, cause: String)
    /// The certificate of the other end is not trusted.
    case untrusted(cause: String)
    /// The address is not an `http` or `https` one.
    case invalidURL
    /// No whole answer came in time.
    case timedOut
    /// The answer is larger than the caller takes.
    case answerTooLarge(limit: Int)
    /// The connection broke, or the answer is not HTTP.
    case broken(cause: String)

    package var code: ErrorCode {
        switch self {
        case .invalidURL: .configurationInvalid
        case .timedOut: .requestTimeout
        case .unreachable, .untrusted, .answerTooLarge, .broken: .unreachable
        }
    }

    package var message: String {
        switch self {
        case .unreachable(let url, let cause):
            "The service at \(url) cannot be reached (\(cause)); start it with `sibyl up`, or name another with --url."
        case .untrusted(let cause): "The service's certificate is not trusted (\(cause))."
        case .invalidURL: "The service's address must begin with http:// or https://."
        case .timedOut: "The service did not answer in time."
        case .answerTooLarge(let limit): "The service's answer is larger than \(limit) bytes."
        case .broken(let cause): "The connection to the service broke (\(cause)); try again."
        }
    }
}
