internal import Catalog
internal import Core

extension Predictor {
    /// Golden rows, if there are any, must give their golden answers, which the library that trained the model gave.
    ///
    /// - Throws: ``InferenceError/selfTest(model:row:reason:)``, and what a run throws.
    func test(_ resolved: ResolvedModel) throws {
        guard let golden = resolved.version.golden else { return }
        let name = resolved.title
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

extension ResolvedModel {
    /// As people read of it.
    var title: String { "\(model.name) \(version.name)" }
}
