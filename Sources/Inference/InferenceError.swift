package import Core

/// Why a model cannot be loaded, or a run failed.
package enum InferenceError: CodedError, Equatable {
    /// ONNX Runtime is not there, or cannot be opened.
    case libraryMissing(tried: [String])
    /// The library is too old.
    case libraryTooOld(version: String)
    /// The library refused an operation, in its own words.
    case refused(operation: String, reason: String)
    /// The model's file is not the one that its manifest describes.
    case digestMismatch(model: String)
    /// The model's inputs or outputs are not what its manifest says.
    case modelMismatch(model: String, reason: String)
    /// A file that is to become a model is none of those that can be imported.
    case notImportable(reason: String)
    /// What the manifest calls probabilities are none.
    case notProbabilities(model: String, found: String)
    /// A golden row did not give its golden answer.
    case selfTest(model: String, row: Int, reason: String)
    /// The rows are not of the model's signature.
    case wrongRows(model: String)
    /// A run gave another number of rows than it was given.
    case rowCount(expected: Int, found: Int)

    package var code: ErrorCode {
        switch self {
        case .libraryMissing, .libraryTooOld: .runtimeLibraryMissing
        case .refused, .rowCount: .predictionFailed
        case .wrongRows: .corruptPayload
        case .digestMismatch: .modelDigestMismatch
        case .modelMismatch, .notImportable, .notProbabilities: .modelInvalid
        case .selfTest: .selfTestFailed
        }
    }

    package var message: String {
        switch self {
        case .libraryMissing(let tried):
            "ONNX Runtime was not found (tried \(tried.joined(separator: ", "))); run scripts/setup, or name the library "
                + "with SIBYL_ONNXRUNTIME."
        case .libraryTooOld(let version): "ONNX Runtime \(version) is too old; run scripts/setup."
        case .refused(let operation, _): "The model could not be run (\(operation))."
        case .digestMismatch(let model):
            "The file of `\(model)` is not the one its manifest describes; restore it, or make a new version."
        case .modelMismatch(let model, let reason): "The model `\(model)` does not suit its manifest: \(reason)."
        case .notImportable(let reason): "The file cannot be imported: \(reason)."
        case .notProbabilities(let model, let found):
            "The model `\(model)` gives scores such as margins where its manifest has probabilities: \(found), where each is "
                + "0 to 1 and a row's add up to 1. Train it to give probabilities (CalibratedClassifierCV around LinearSVC, "
                + "hinge loss, a perceptron or ridge) and convert it without `raw_scores`; or accept labels without a "
                + "confidence: `scores` in place of `probabilities` in its manifest, `--scores` at the import."
        case .selfTest(let model, let row, let reason):
            // A reason that is a row's fault ends already.
            "The model `\(model)` fails its own test at golden row \(row): \(reason)\(reason.hasSuffix(".") ? "" : ".")"
        case .wrongRows(let model): "The stored rows are not those of the model `\(model)`; submit them again."
        case .rowCount(let expected, let found): "The model answered \(found) rows where \(expected) were asked."
        }
    }
}
