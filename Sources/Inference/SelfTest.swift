internal import Catalog
internal import Core

/// A predictor whose numbers can be looked at before anything is made of them.
protocol ValuePredictor: Predictor {
    /// The numbers of the rows without a fault, in their order.
    func answers(to rows: Rows) throws -> ModelAnswers
}

extension ValuePredictor {
    package func predict(_ rows: Rows) throws -> Predictions {
        Predictions(checking: try answers(to: rows), of: output, for: rows)
    }

    /// What the manifest calls probabilities must be some, and golden rows, if there are any, must give their golden
    /// answers, which the library that trained the model gave.
    ///
    /// - Parameter rows: ``ResolvedModel/trialRows(_:)``.
    /// - Throws: ``InferenceError/notProbabilities(model:found:)``, ``InferenceError/selfTest(model:row:reason:)``, and what a
    ///   run throws.
    func test(_ resolved: ResolvedModel, on rows: Rows) throws {
        let answers = try answers(to: rows)
        if output.hasProbabilities, let check = ProbabilityCheck(answers), !check.holds {
            throw InferenceError.notProbabilities(model: resolved.title, found: check.words)
        }
        guard let golden = resolved.version.golden else { return }
        let predictions = Predictions(checking: answers, of: output, for: rows)
        if let (row, reason) = golden.faults(of: predictions, output).first {
            throw InferenceError.selfTest(model: resolved.title, row: row, reason: reason)
        }
    }
}

extension GoldenRows {
    /// The rows that are not answered as they must be, each with what was found and what was expected.
    func faults(of predictions: Predictions, _ output: ModelOutput) -> [(row: Int, reason: String)] {
        var found: [(row: Int, reason: String)] = []
        let failed = Dictionary(
            predictions.faults.map { ($0.row, $0.message) }, uniquingKeysWith: { first, _ in first })
        var start = 0
        for row in 0..<predictions.count {
            if let message = failed[row] {
                found.append((row, message))
                continue
            }
            let values = predictions.values[start..<start + output.width]
            start += output.width
            if let reason = fault(in: values, predictions.precision, row, output) { found.append((row, reason)) }
        }
        return found
    }

    private func fault(in values: ArraySlice<Double>, _ precision: Precision, _ row: Int, _ output: ModelOutput)
        -> String?
    {
        let expected = answers[row]
        let label = labels.isEmpty ? nil : output.labels[output.label(of: values, in: precision)]
        if let label, label != labels[row] { return "the label is `\(label)`, and `\(labels[row])` was expected" }
        let offs = zip(values, expected).map { abs($0 - $1) }
        guard let worst = offs.indices.max(by: { offs[$0] < offs[$1] }), !(offs[worst] <= tolerance) else { return nil }
        let name = labels.isEmpty ? "the answer" : "the value of `\(output.labels[worst])`"
        return
            "\(name) is \(JSONWriter.shortest(values[values.startIndex + worst], in: precision)), and \(JSONWriter.shortest(expected[worst], in: precision)) was expected"
            + " (off by \(Float(offs[worst])), allowed is \(tolerance))"
    }
}

extension ResolvedModel {
    /// As people read of it.
    var title: String { "\(model.name) \(version.name)" }

    /// The rows on which the model is tried when it is loaded: its golden rows, and texts made of its own words where a model
    /// of one text has none.
    func trialRows(_ file: [UInt8]) -> Rows {
        if let golden = version.golden { return golden.rows }
        guard signature.isText else { return Rows(count: 0, columns: []) }
        var texts = GeneratedTexts(ofFile: file)
        return Rows(count: EngineComparison.textCount, columns: [.text(texts.make(EngineComparison.textCount))])
    }
}
