package import Core

/// Why a worker could not do what it was there for.
package enum WorkerError: CodedError {
    /// A chunk was alone in a worker each time it died.
    case crashedRepeatedly
    /// A run ended in an error that has no name.
    case unexpected
    /// No model could be loaded.
    case noModel(reasons: [String])

    package var code: ErrorCode {
        switch self {
        case .crashedRepeatedly: .workerCrashed
        case .unexpected: .predictionFailed
        case .noModel: .modelUnavailable
        }
    }

    package var message: String {
        switch self {
        case .crashedRepeatedly:
            "Each worker that ran this row alone ended in the run: the model crashed, or did not end in time."
        case .unexpected: "The prediction failed for a reason that the model did not name."
        case .noModel(let reasons): "No model can be served. " + reasons.joined(separator: " ")
        }
    }
}
