internal import Core
internal import Intake

/// What is wrong with a request that HTTP and the scanner found nothing wrong with.
enum APIError: CodedError {
    case taskNotFound
    case taskExpired
    /// The task had ended before it was asked to stop.
    case taskEnded
    /// The task ended without all its rows, and a whole file was asked for.
    case incomplete
    /// A path names a model that is not there; the text names those that are.
    case modelNotFound(String)
    /// A proxy stands in front, so that a loopback address proves nothing about the caller.
    case forwarded
    case unknownParameter(name: String, known: [String])
    case invalidParameter(name: String, expected: String)
    case contradictoryParameters(name: String)
    case unsupportedMediaType(known: [String])
    case notAcceptable(known: [String])
    case bodyRequired
    /// Rows of a batch that must be right as a whole; nothing of it was accepted.
    case rejected(FaultReport, rows: Int)
    /// A synchronous prediction that did not come in time; its task goes on.
    case predictionTimeout(TaskID)
    /// A single row that was accepted and failed.
    case predictionFailed(RowFault)

    var code: ErrorCode {
        switch self {
        case .taskNotFound: .taskNotFound
        case .taskExpired: .taskExpired
        case .taskEnded: .taskEnded
        case .incomplete: .resultsIncomplete
        case .modelNotFound: .modelNotFound
        case .forwarded: .forbidden
        case .unknownParameter, .invalidParameter, .contradictoryParameters: .invalidParameter
        case .unsupportedMediaType: .unsupportedMediaType
        case .notAcceptable: .notAcceptable
        case .bodyRequired: .bodyRequired
        case .rejected(let report, let rows): rows == 1 ? report.faults.first?.code ?? .invalidRows : .invalidRows
        case .predictionTimeout: .predictionTimeout
        case .predictionFailed(let fault): fault.code
        }
    }

    var message: String {
        switch self {
        case .taskNotFound: "There is no such task, or it is another owner's."
        case .taskExpired: "The task's results were kept as long as they should be and are gone."
        case .taskEnded: "The task has ended; its results can be read."
        case .incomplete: "The task ended without all its rows; ask with `partial=true` for those that are there."
        case .modelNotFound(let reason): reason
        case .forwarded:
            "The request came through a proxy and this service asks for no keys; let callers reach it directly."
        case .unknownParameter(let name, let known):
            "The query has an item `\(name)` that means nothing here; known are \(Self.list(known))."
        case .invalidParameter(let name, let expected): "`\(name)` must be \(expected)."
        case .contradictoryParameters(let name): "`\(name)` is given more than once, and differently."
        case .unsupportedMediaType(let known):
            "Send the body as \(Self.list(known)), and say which with Content-Type."
        case .notAcceptable(let known): "The answer is \(Self.list(known)) only; change or leave out Accept."
        case .bodyRequired: "The request has no body; send the rows in it."
        case .rejected(let report, let rows):
            rows == 1
                ? report.faults.first?.message ?? ""
                : "\(report.total) of \(rows) rows do not fit the model, so that none was accepted; "
                    + "`errors` names \(report.total > report.faults.count ? "the first \(report.faults.count)" : "them")."
        case .predictionTimeout: "The prediction is not there yet; its task goes on at the address in Location."
        case .predictionFailed(let fault): fault.message
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}
