internal import Core
internal import Intake
internal import Queue

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
    case unknownParameter(name: String, known: [String])
    case invalidParameter(name: String, expected: String)
    case contradictoryParameters(name: String)
    /// An option that changes nothing where it stands; it has a meaning in another place.
    case meaningless(name: String, place: String)
    /// More rows than the one that a route takes.
    case severalRows(Int)
    /// Two options that cannot both hold.
    case contradictoryOptions(String, String)
    case unsupportedMediaType(known: [String])
    /// The body is a web form's fields, which is also what `curl -d` sends.
    case formEncoded(areFilesRead: Bool)
    case bodyRequired
    /// As many streams are read as may be at a time.
    case tooManyUploads
    /// As many large pages are read as may be at a time.
    case tooManyPages
    /// The task's model version was replaced by another of the same name.
    case modelReplaced
    /// The caller's own records cannot be given back: the rows did not come as a table, or were not kept.
    case notJoinable
    /// Added columns have names that the caller's table has already.
    case columnCollision(names: [String])
    /// The task has not ended, and what is asked for needs its end.
    case taskRuns
    /// Nothing of the task's input has come, so that its columns are not known.
    case inputAwaited
    /// The task's rows cannot be run again: they were not kept, or never came whole.
    case inputNotKept
    /// Rows that came as JSON have not all the inputs of another version.
    case otherInputs(model: String, version: String)
    /// No row failed that could succeed another time.
    case nothingToRetry
    /// Two tasks do not have the same rows, or not the same kind of answers.
    case notComparable
    /// A part of an input held no whole record.
    case partTooSmall
    /// Rows of a batch that must be right as a whole; nothing of it was accepted.
    ///
    /// `rows` are those that were read; there may be more where reading ended with as many bad ones as are named.
    case rejected(FaultReport, rows: Int, mayBeMore: Bool = false)
    /// A synchronous prediction that did not come in time; its task goes on.
    case predictionTimeout(TaskID, Obstacle?)
    /// A synchronous prediction whose task was stopped before its rows had run.
    case predictionEnded(TaskID, PredictionTask.Status)
    /// Nothing of the model runs now, so that a prediction would not come in time.
    case obstructed(Obstacle)
    /// No live worker runs a version that rows shall run on.
    case modelUnserved(model: String, version: String)
    /// A single row that was accepted and failed.
    case predictionFailed(RowFault)

    var code: ErrorCode {
        switch self {
        case .taskNotFound: .taskNotFound
        case .taskExpired: .taskExpired
        case .taskEnded: .taskEnded
        case .incomplete: .resultsIncomplete
        case .modelNotFound: .modelNotFound
        case .unknownParameter, .invalidParameter, .contradictoryParameters, .contradictoryOptions, .meaningless:
            .invalidParameter
        case .unsupportedMediaType: .unsupportedMediaType
        case .bodyRequired: .bodyRequired
        case .tooManyUploads, .tooManyPages: .queueFull
        case .formEncoded: .unsupportedMediaType
        case .modelReplaced: .unknownModelVersion
        case .partTooSmall: .invalidParameter
        case .notJoinable, .inputNotKept, .otherInputs: .inputNotKept
        case .taskRuns, .inputAwaited: .resultsIncomplete
        case .nothingToRetry: .nothingToRetry
        case .notComparable: .notComparable
        case .severalRows: .tooManyRows
        case .columnCollision: .duplicateColumn
        case .rejected(let report, let rows, _): rows == 1 ? report.faults.first?.code ?? .invalidRows : .invalidRows
        case .obstructed, .modelUnserved: .modelUnavailable
        case .predictionTimeout: .predictionTimeout
        case .predictionEnded: .taskEnded
        case .predictionFailed(let fault): fault.code
        }
    }

    var message: String {
        switch self {
        case .taskNotFound: "There is no such task, or it is another owner's."
        case .taskExpired:
            "The task's rows and results are gone: it was deleted, or the time for which they are kept is over."
        case .taskEnded: "The task has ended; its results can be read."
        case .incomplete: "The task ended without all its rows; ask with `partial=true` for those that are there."
        case .modelNotFound(let reason): reason
        case .severalRows(let count):
            "`/predict` takes one row, and the body has \(count); send them to `/predict/batch`."
        case .unknownParameter(let name, let known) where known.isEmpty:
            "This route has no query parameters; remove `\(name)`."
        case .unknownParameter(let name, let known):
            "Unknown query parameter `\(name)`; known parameters are \(Self.list(known))."
        case .invalidParameter(let name, let expected): "`\(name)` must be \(expected)."
        case .contradictoryParameters(let name): "`\(name)` is given more than once, and differently."
        case .meaningless(let name, let place): "`\(name)` applies only \(place); remove it."
        case .contradictoryOptions(let one, let other): "`\(one)` and `\(other)` exclude each other; leave one out."
        case .unsupportedMediaType(let known):
            "Send the body as \(Self.list(known)), and say which with Content-Type."
        case .formEncoded(let areFilesRead):
            "The body is form-encoded, as of curl -d alone. Send JSON as `application/json`, such as curl -H 'Content-Type: "
                + "application/json' -d '{\"model\":\"sentiment\",\"text\":\"I love it\"}'"
                + (areFilesRead
                    ? ", or a file as `text/csv`, `application/x-ndjson` or `multipart/form-data`, such as curl -H "
                        + "'Content-Type: text/csv' --data-binary @customers.csv '…/predict/async?model=sentiment'."
                    : ".")
        case .modelReplaced: "The model version of this task is no longer here; cancel the task and submit it again."
        case .taskRuns: "The task has not ended; wait for it, such as with `?wait=60` at its own address."
        case .inputAwaited: "Nothing of the task's input has come yet; send it, then ask again."
        case .inputNotKept:
            "The rows cannot be run again: they were submitted with `keep_input=false`, or not all of them ran."
        case .otherInputs(let model, let version):
            "Version `\(version)` of `\(model)` has inputs that the stored rows lack; submit the rows again with them."
        case .nothingToRetry:
            "No row failed that could succeed another time; correct the rows that do not fit and submit them."
        case .notComparable: "The tasks differ in their number of rows, or in what their models answer."
        case .notJoinable:
            "`join=input` gives a table back that came as CSV and is kept; this task's rows came otherwise, or with "
                + "`keep_input=false`."
        case .columnCollision(let names):
            "The table has columns named \(Self.list(names)) already; name the added ones with `prefix`."
        case .partTooSmall:
            "Nothing of this part could be stored, because it holds no whole rows; send parts of at least "
                + "\(2 * Limits.rowBytes) bytes, or the whole rest."
        case .tooManyUploads:
            "The maximum number of uploads (\(Limits.uploads)) is in progress; try again in a moment."
        case .tooManyPages:
            "Many large pages are being read; try again in a moment, or ask for smaller ones with `limit`."
        case .bodyRequired: "The request has no body; send the rows in it."
        case .rejected(let report, let rows, let mayBeMore):
            rows == 1
                ? report.faults.first?.message ?? ""
                : "\(report.total) of \(mayBeMore ? "the first " : "")\(rows) rows do not fit the model, so that none was accepted; "
                    + "`errors` names \(report.total > report.faults.count ? "the first \(report.faults.count)" : "them")."
        case .obstructed(let obstacle): "\(obstacle.message) Rows that are sent to /predict/async wait until then."
        case .modelUnserved(let model, let version):
            "No live worker serves `\(version)` of `\(model)`; start one that does, or name another version."
        case .predictionTimeout(_, let obstacle):
            "The prediction is not there yet; its task goes on at the address in Location."
                + (obstacle.map { " \($0.message)" } ?? "")
        case .predictionEnded(_, let status):
            "The task was stopped (status `\(status.rawValue)`) before its rows were scored; submit it again."
        case .predictionFailed(let fault): fault.message
        }
    }

    private static func list(_ names: [String]) -> String {
        names.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension APIError {
    /// Refuses a body of a type that is not read here.
    static func unreadable(_ mediaType: String?, fileName: String?) -> any Error {
        let isWorkbook =
            mediaType?.contains("spreadsheet") == true || mediaType?.contains("ms-excel") == true
            || [".xlsx", ".xls", ".ods"].contains { fileName?.lowercased().hasSuffix($0) == true }
        if isWorkbook { return IntakeError.foreign(.oldWorkbook) }
        return APIError.unsupportedMediaType(known: SubmissionRoutes.mediaTypes)
    }
}
