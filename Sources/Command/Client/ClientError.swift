internal import Core
internal import HTTP
internal import Operations

/// Why a client command could not do what it was asked.
struct ClientError: CodedError {
    let code: ErrorCode
    var message: String
    /// What the process ends with: API.md, section 1.
    let exitCode: Int32
    /// Whether the same may succeed when it is tried again: the service is busy, starts again, or was not reached.
    var mayPass = false
    /// How long the service says to wait before the next try.
    var retryAfter: Duration?

    /// The same, with one more sentence.
    func adding(_ sentence: String) -> ClientError {
        var error = self
        error.message += " " + sentence
        return error
    }

    /// Something else than Sibyl answers.
    static let strangeAnswer = ClientError(
        code: .unreachable, message: "Something answers there, but not like Sibyl; check --url.", exitCode: 69)

    /// The time that the caller gave is over.
    static func timeIsOver(_ message: String) -> ClientError {
        ClientError(code: .predictionTimeout, message: message, exitCode: 124)
    }
}

extension ClientError {
    /// An answer that is an error.
    init(_ problem: ServiceProblem, status: Int, retryAfter: Duration? = nil) {
        let exitCode: Int32 =
            switch status {
            case 401, 403: 77
            case 410: 4
            case 429, 503: 75
            case 502, 504: 69
            default: 1
            }
        let code = ErrorCode(rawValue: problem.code) ?? .internalError
        // What fails the same way every time has a status of the service's too.
        let mayPass = [408, 429, 500, 502, 503, 504].contains(status) && code.retryClass != .permanent
        self.init(
            code: code, message: problem.message, exitCode: exitCode,
            mayPass: mayPass || code == .wrongOffset || code == .bodyIncomplete, retryAfter: retryAfter)
    }

    /// No answer, or a broken one.
    init(_ error: HTTPClientError) {
        let isUsage = error.code == .configurationInvalid
        let mayPass =
            switch error {
            case .unreachable, .timedOut, .broken: true
            case .untrusted, .invalidURL, .answerTooLarge: false
            }
        self.init(
            code: error.code, message: error.message, exitCode: isUsage ? UsageError.exitCode : 69, mayPass: mayPass)
    }
}
