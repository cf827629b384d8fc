package import Catalog
package import Core

/// A model version on ONNX Runtime: typed columns straight into tensors, probabilities back.
///
/// Comes from: ``LoadedModels``. Goes to: the worker's runs.
package final class OnnxPredictor: Predictor {
    package let identity: ModelIdentity
    package let output: ModelOutput
    package let engine: InferenceEngine
    private let resolved: ResolvedModel
    private let session: Session
    private let runtime: OnnxRuntime
    private let feeds: [TensorFeed]
    package let runRows: Int
    private let runs = CurrentRuns()
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
        let name = resolved.title
        engine = .onnxRuntime(reason: reason)
        session = try Session(model: bytes, runtime: runtime)
        feeds = try TensorFeed.plan(for: resolved.model, session: session)
        guard session.outputs.contains(where: { $0.name == resolved.model.outputTensor }) else {
            throw InferenceError.modelMismatch(model: name, reason: "it has no output `\(resolved.model.outputTensor)`")
        }
        self.resolved = resolved
        self.runtime = runtime
        identity = resolved.identity
        output = resolved.output
        runRows = resolved.signature.hasText ? Limits.textRunRows : Limits.runRows
        callRows = resolved.signature.hasText ? Self.textCallRows : Limits.runRows
        try test(resolved)
    }

    /// Rows of text in one call: the library builds a dense row of the whole vocabulary for each, so that memory grows
    /// with the batch while speed does not.
    private static let textCallRows = 64

    package func predict(_ rows: Rows) throws -> Predictions {
        guard rows.fit(resolved.signature) else { throw InferenceError.wrongRows(model: identity.model) }
        let values = try runs.run(runtime: runtime) { stop in
            var values: [Float] = []
            values.reserveCapacity(rows.validCount * output.width)
            var start = 0
            while start < rows.validCount {
                let part = start..<min(start + callRows, rows.validCount)
                values += try run(rows, part, stop)
                start = part.upperBound
            }
            return values
        }
        return Predictions(checking: values, width: output.width, for: rows)
    }

    package var timeout: Duration { resolved.model.timeout }

    package func terminate() throws { try runs.terminate() }

    private func run(_ rows: Rows, _ part: Range<Int>, _ stop: RunStop) throws -> [Float] {
        let tensors = try feeds.map { try $0.makeTensor(rows, part, runtime: runtime) }
        let answer = try session.run(tensors, names: feeds.map(\.name), output: resolved.model.outputTensor, stop: stop)
            .floats()
        guard answer.rows == part.count, answer.values.count == part.count * output.width else {
            throw InferenceError.rowCount(expected: part.count, found: answer.values.count / max(1, output.width))
        }
        return answer.values
    }
}

extension Predictions {
    /// Predictions from raw values: a row with a value that is no number has failed, and its values are left out.
    init(checking values: [Float], width: Int, for rows: Rows) {
        self.init(count: rows.count, width: width, values: values, faults: rows.faults, ids: rows.ids)
        if values.allSatisfy(\.isFinite) { return }
        let faulty = Set(rows.faults.map(\.row))
        let validRows = (0..<rows.count).filter { !faulty.contains($0) }
        self.values = []
        for (index, row) in validRows.enumerated() {
            let part = values[index * width..<(index + 1) * width]
            if part.allSatisfy(\.isFinite) {
                self.values += part
            } else {
                faults.append(
                    RowFault(row: row, code: .nonFiniteOutput, message: "The model's answer for this row is no number.")
                )
            }
        }
        faults.sort { $0.row < $1.row }
    }
}
