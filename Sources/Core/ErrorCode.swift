/// Names every way a request, a row or a task can fail; the one bounded vocabulary of JSON, logs and metric labels.
package enum ErrorCode: String, Sendable, CaseIterable, Codable {
    // The request cannot be read.
    case malformedRequest = "malformed_request"
    case malformedJSON = "malformed_json"
    case malformedCSV = "malformed_csv"
    /// A table could be read in two ways.
    case ambiguousFormat = "ambiguous_format"
    case invalidUTF8 = "invalid_utf8"
    case nestedTooDeep = "nested_too_deep"
    case bodyRequired = "body_required"
    case bodyTooLarge = "body_too_large"
    case bodyIncomplete = "body_incomplete"
    case headersTooLarge = "headers_too_large"
    case targetTooLong = "target_too_long"
    case versionNotSupported = "version_not_supported"
    case requestTimeout = "request_timeout"
    case unsupportedMediaType = "unsupported_media_type"
    case unsupportedEncoding = "unsupported_encoding"
    case notAcceptable = "not_acceptable"
    case expectationFailed = "expectation_failed"
    case routeNotFound = "route_not_found"
    case methodNotAllowed = "method_not_allowed"
    case invalidParameter = "invalid_parameter"
    case invalidForm = "invalid_form"
    case unknownField = "unknown_field"
    case forbidden = "forbidden"
    case idempotencyInProgress = "idempotency_in_progress"
    case idempotencyMismatch = "idempotency_mismatch"
    case wrongOffset = "wrong_offset"
    case uploadEnded = "upload_ended"
    case nothingToRetry = "nothing_to_retry"
    case inputNotKept = "input_not_kept"
    case notComparable = "not_comparable"

    // The request names what is not there.
    case unknownModel = "unknown_model"
    case unknownModelVersion = "unknown_model_version"
    case modelNotFound = "model_not_found"
    case taskNotFound = "task_not_found"
    case taskExpired = "task_expired"
    case taskEnded = "task_ended"
    case resultsIncomplete = "results_incomplete"

    // A row does not fit the model's signature.
    case missingInput = "missing_input"
    case unknownInput = "unknown_input"
    case wrongType = "wrong_type"
    case outOfBounds = "out_of_bounds"
    case blankText = "blank_text"
    case textTooLong = "text_too_long"
    case noRows = "no_rows"
    case tooManyRows = "too_many_rows"
    case rowTooLarge = "row_too_large"
    case wrongColumnCount = "wrong_column_count"
    case missingColumn = "missing_column"
    case duplicateColumn = "duplicate_column"
    case invalidRows = "invalid_rows"

    // The service cannot take the work now.
    case queueFull = "queue_full"
    case diskLow = "disk_low"
    case storageBusy = "storage_busy"
    case storageFailed = "storage_failed"
    case shuttingDown = "shutting_down"
    case predictionTimeout = "prediction_timeout"

    // The work was taken and a row or the task failed.
    case nonFiniteOutput = "non_finite_output"
    case notProbabilities = "not_probabilities"
    case predictionFailed = "prediction_failed"
    case modelUnavailable = "model_unavailable"
    case workerCrashed = "worker_crashed"
    case uploadIncomplete = "upload_incomplete"
    case limitReached = "limit_reached"
    case corruptPayload = "corrupt_payload"

    // A part of the installation is broken.
    case runtimeLibraryMissing = "runtime_library_missing"
    case modelInvalid = "model_invalid"
    /// The model's trial did not end in time.
    case modelHangs = "model_hangs"
    /// The model's trial wanted more memory than it may have.
    case modelTooLarge = "model_too_large"
    /// The process in which the model was tried crashed.
    case modelCrashes = "model_crashes"
    case modelDigestMismatch = "model_digest_mismatch"
    case modelVersionTaken = "model_version_taken"
    case selfTestFailed = "self_test_failed"
    case configurationInvalid = "configuration_invalid"
    case unreachable = "unreachable"
    case internalError = "internal_error"
}

/// What may come of trying again.
package enum RetryClass: Sendable {
    /// The work was right, and another time or another version may do it.
    case retryable
    /// It fails the same way every time: nothing is tried again.
    case permanent
    /// The caller's data is at fault, and must be corrected.
    case badInput
}

extension ErrorCode {
    /// What may come of trying again what failed so.
    package var retryClass: RetryClass {
        switch self {
        case .nonFiniteOutput, .notProbabilities, .predictionFailed, .modelUnavailable, .workerCrashed,
            .predictionTimeout, .queueFull,
            .storageBusy, .storageFailed, .diskLow, .shuttingDown, .unreachable, .internalError:
            .retryable
        case .corruptPayload, .modelInvalid, .modelHangs, .modelTooLarge, .modelCrashes, .modelDigestMismatch,
            .modelVersionTaken, .selfTestFailed,
            .runtimeLibraryMissing,
            .configurationInvalid:
            .permanent
        default: .badInput
        }
    }

    /// Whether a row that failed so was right, and may succeed when it runs again.
    package var isRetryable: Bool { retryClass == .retryable }
}

/// An error that a caller may see: a bounded code for machines and one sentence, with the remedy, for people.
///
/// The message never holds input text, a path of the server or a secret.
package protocol CodedError: Error {
    var code: ErrorCode { get }
    var message: String { get }
}
