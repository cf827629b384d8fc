internal import Catalog
internal import Core
package import HTTP
internal import Intake
internal import Queue
internal import Store

/// The one place where errors become HTTP: a status for every code.
package enum Problems {
    /// Describes an error to a caller.
    ///
    /// Anything without a code is ours, and says nothing of its inside.
    package static func describe(_ error: any Error) -> Problem {
        guard let coded = error as? any CodedError else {
            return Problem(
                status: 500, code: .internalError,
                detail: "Something went wrong here; try again, and tell the operator the request id if it stays so.")
        }
        return Problem(
            status: status(of: coded.code), code: coded.code, detail: coded.message, errors: details(of: error),
            headers: headers(for: error, code: coded.code), members: members(of: error))
    }

    /// What keeps a model from running, as a task's `waiting_for` calls it.
    private static func reason(_ obstacle: Obstacle?) -> [String: String] {
        obstacle.map { ["reason": $0.code.rawValue] } ?? [:]
    }

    /// The task that an error is about, and what keeps it.
    private static func members(of error: any Error) -> [String: String] {
        switch error {
        case APIError.predictionTimeout(let id, let obstacle):
            ["task_id": id.description].merging(reason(obstacle), uniquingKeysWith: { first, _ in first })
        case APIError.obstructed(let obstacle): reason(obstacle)
        case APIError.predictionEnded(let id, let status): ["task_id": id.description, "task_status": status.rawValue]
        default: [:]
        }
    }

    /// The status of a code.
    ///
    /// Exhaustive, so that no code is without one.
    static func status(of code: ErrorCode) -> Int {
        switch code {
        case .malformedRequest, .malformedJSON, .malformedCSV, .invalidUTF8, .nestedTooDeep, .bodyRequired,
            .bodyIncomplete:
            400
        case .forbidden: 403
        case .routeNotFound, .taskNotFound, .modelNotFound: 404
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .requestTimeout: 408
        case .uploadIncomplete, .limitReached, .taskEnded, .wrongOffset, .uploadEnded, .nothingToRetry, .inputNotKept,
            .notComparable, .resultsIncomplete, .idempotencyInProgress:
            409
        case .taskExpired: 410
        case .bodyTooLarge: 413
        case .unsupportedMediaType, .unsupportedEncoding: 415
        case .invalidParameter, .invalidForm, .unknownField, .unknownModel, .unknownModelVersion, .missingInput,
            .unknownInput,
            .wrongType, .outOfBounds, .blankText, .textTooLong, .noRows, .tooManyRows, .rowTooLarge,
            .wrongColumnCount, .ambiguousFormat, .missingColumn, .duplicateColumn, .invalidRows, .idempotencyMismatch:
            422
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .headersTooLarge: 431
        case .nonFiniteOutput, .notProbabilities, .predictionFailed, .workerCrashed, .corruptPayload, .internalError,
            .modelInvalid, .modelHangs, .modelTooLarge, .modelCrashes, .modelDigestMismatch, .selfTestFailed,
            .configurationInvalid, .runtimeLibraryMissing:
            500
        case .versionNotSupported: 505
        case .queueFull, .diskLow, .storageBusy, .storageFailed, .shuttingDown, .predictionTimeout, .modelUnavailable,
            .modelVersionTaken, .unreachable:
            503
        }
    }

    /// Row errors and pointers.
    private static func details(of error: any Error) -> [Problem.Detail] {
        switch error {
        case APIError.rejected(let report, let rows, _)
        where rows > 1 || !(report.faults.first?.pointer.isEmpty ?? true):
            report.faults.map {
                Problem.Detail(pointer: $0.pointer, row: $0.row, line: $0.line, code: $0.code, message: $0.message)
            }
        case let error as IntakeError where !error.pointer.isEmpty || error.line != nil:
            [Problem.Detail(pointer: error.pointer, line: error.line, code: error.code, message: error.message)]
        default: []
        }
    }

    private static func headers(for error: any Error, code: ErrorCode) -> HTTPHeaders {
        var headers = HTTPHeaders()
        if case HTTPError.methodNotAllowed(let allowed, _) = error {
            headers.set("Allow", allowed.joined(separator: ", "))
        }
        if let id = members(of: error)["task_id"].flatMap(TaskID.init) {
            headers.set("Location", TaskAddresses(id: id).own)
        }
        if case QueueError.wrongOffset(let stored) = error { headers.set(UploadRoutes.offsetHeader, "\(stored)") }
        let mayPass = status(of: code) == 503 && code.isRetryable
        if mayPass || code == .idempotencyInProgress { headers.set("Retry-After", "1") }
        return headers
    }
}
