package import Catalog
package import Core
internal import Digest

/// A model version on ONNX Runtime: typed columns straight into tensors, probabilities back.
///
/// Comes from: ``LoadedModels``. Goes to: the worker's runs.
package final class OnnxPredictor: Predictor {
    package let identity: ModelIdentity
    package let output: ModelOutput
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
    package init(_ resolved: ResolvedModel, runtime: OnnxRuntime) throws {
        let version = resolved.version
        let name = "\(resolved.model.name) \(version.name)"
        let bytes = try FileBytes.read(version.path, upTo: Self.fileBytes)
        // Most models with one flipped byte load and run: only the digest tells.
        guard SHA256.hex(of: bytes) == version.digest else { throw InferenceError.digestMismatch(model: name) }
        session = try Session(model: bytes, runtime: runtime)
        feeds = try TensorFeed.plan(for: resolved.model, session: session)
        guard session.outputs.contains(where: { $0.name == resolved.model.outputTensor }) else {
            throw InferenceError.modelMismatch(model: name, reason: "it has no output `\(resolved.model.outputTensor)`")
        }
        self.resolved = resolved
        self.runtime = runtime
        identity = resolved.identity
        output = resolved.output
        runRows = resolved.signature.runRows
        callRows = runRows < Limits.runRows ? Self.textCallRows : Limits.runRows
        try selfTest(name)
    }

    /// Bytes of a model's file.
    private static let fileBytes = 2 << 30
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

    /// Golden rows must give their golden answers.
    private func selfTest(_ name: String) throws {
        let golden = resolved.version.golden
        let predictions = try predict(golden.rows)
        if let fault = predictions.faults.first {
            throw InferenceError.selfTest(model: name, row: fault.row, reason: fault.message)
        }
        for (row, expected) in golden.answers.enumerated() {
            let found = predictions.values[row * output.width..<(row + 1) * output.width]
            let off = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
            guard off <= golden.tolerance else {
                throw InferenceError.selfTest(model: name, row: row, reason: "the answer is off by \(off)")
            }
            if !golden.labels.isEmpty, output.labels[output.label(of: found)] != golden.labels[row] {
                throw InferenceError.selfTest(model: name, row: row, reason: "the label is another one")
            }
        }
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
