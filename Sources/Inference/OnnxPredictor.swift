package import Catalog
package import Core

/// A model version on ONNX Runtime: typed columns straight into tensors, probabilities back.
///
/// Comes from: ``LoadedModels``. Goes to: the worker's runs.
package final class OnnxPredictor: ValuePredictor {
    package let identity: ModelIdentity
    package let output: ModelOutput
    package let engine: InferenceEngine
    package let warning: String?
    private let resolved: ResolvedModel
    private let graph: OnnxRun
    private let runtime: OnnxRuntime
    package let runRows: Int
    private let runs = CurrentRuns()
    private let batch: BatchSize
    /// Rows in one call of the library.
    private let callRows: Int

    /// Loads the model and runs its own test.
    ///
    /// - Throws: ``InferenceError`` when the file is not the manifest's, does not suit it, or fails its test.
    package convenience init(_ resolved: ResolvedModel, runtime: OnnxRuntime) throws {
        try self.init(resolved, file: ModelFile.read(resolved), runtime: runtime)
    }

    /// - Parameters:
    ///   - file: the model's bytes, as its manifest describes them.
    ///   - reason: why no kernel of ours runs it, if one might have.
    init(_ resolved: ResolvedModel, file bytes: [UInt8], runtime: OnnxRuntime, reason: String? = nil) throws {
        engine = .onnxRuntime(reason: reason)
        graph = try OnnxRun(of: resolved, bytes, runtime: runtime)
        self.resolved = resolved
        self.runtime = runtime
        identity = resolved.identity
        output = resolved.output
        let rows = resolved.trialRows(bytes)
        batch = try graph.batch(trying: rows)
        warning = batch.warning
        runRows = resolved.signature.hasText ? Limits.textRunRows : Limits.runRows
        callRows = batch.rows(of: resolved.signature.hasText ? Self.textCallRows : Limits.runRows)
        try test(resolved, on: rows)
    }

    /// Rows of text in one call: the library builds a dense row of the whole vocabulary for each, so that memory grows
    /// with the batch while speed does not.
    private static let textCallRows = 64

    func answers(to rows: Rows) throws -> ModelAnswers {
        guard rows.fit(resolved.signature) else { throw InferenceError.wrongRows(model: identity.model) }
        return try runs.run(runtime: runtime) { stop in
            var answers = ModelAnswers(width: output.width)
            answers.values.reserveCapacity(rows.validCount * output.width)
            var start = 0
            while start < rows.validCount {
                let part = start..<min(start + callRows, rows.validCount)
                let found = try graph.run(rows, part, filledUpTo: batch.rows(of: part.count), stop)
                answers.values += found.values
                (answers.width, answers.precision) = (found.width, found.precision)
                start = part.upperBound
            }
            return answers
        }
    }

    package var timeout: Duration { resolved.model.timeout }

    package func terminate() throws { try runs.terminate() }
}
