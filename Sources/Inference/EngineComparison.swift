internal import Catalog
internal import Core

/// The fused kernel's answers beside ONNX Runtime's, for a model of one text that came without golden rows.
///
/// Neither engine is the judge: ONNX Runtime computes what the file says, which a converter may have got wrong; the kernel
/// computes what such a file is known to mean. What differs is counted and shown, and where more than a few answers are
/// others the kernel leaves the model alone.
package struct EngineComparison: Sendable, Equatable {
    /// How many generated texts were compared.
    package let texts: Int
    /// Texts that got another label; 0 for a regression.
    package let otherLabels: Int
    /// Texts of which a value differs by more than ``noticeable``, for values above 1 relatively.
    package let otherValues: Int
    /// The greatest difference of a value, for values above 1 relatively.
    package let greatestDifference: Double

    /// What a person would see of a probability.
    package static let noticeable: Double = 0.001
    /// Generated texts: a tenth of a second of ONNX Runtime.
    static let textCount = 1_000

    /// Whether at most one text in a hundred is answered otherwise.
    ///
    /// Pairs that scikit-learn's converter loses change fewer; a graph that the kernel takes for another changes most.
    package let isAgreement: Bool

    /// - Throws: `TextGraph.Unsuited` when one of them has no number for a text; what a run throws.
    init(of kernel: TextPredictor, with reference: OnnxPredictor, on texts: TextColumn) throws {
        let rows = Rows(count: texts.count, columns: [.text(texts)])
        let (found, expected) = (try kernel.predict(rows), try reference.predict(rows))
        guard found.faults.isEmpty, expected.faults.isEmpty else {
            throw TextGraph.Unsuited("its answers to generated texts are no numbers")
        }
        let output = kernel.output
        var (labels, values, greatest) = (0, 0, Double(0))
        for row in 0..<texts.count {
            let place = row * output.width..<(row + 1) * output.width
            let off = zip(found.values[place], expected.values[place]).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? 0
            greatest = max(greatest, off)
            if off > Self.noticeable { values += 1 }
            if output.kind == .classification,
                output.label(of: found.values[place], in: found.precision)
                    != output.label(of: expected.values[place], in: expected.precision)
            {
                labels += 1
            }
        }
        self.texts = texts.count
        (otherLabels, otherValues, greatestDifference) = (labels, values, greatest)
        isAgreement = (output.kind == .classification ? labels : values) * 100 <= texts.count
    }

    /// What was counted, for people.
    package var summary: String {
        let most = (greatestDifference * 1e7).rounded(.up) / 1e7
        return
            "beside ONNX Runtime, over \(texts) generated texts, \(otherLabels) labels differ and \(otherValues) answers by "
            + "more than \(Self.noticeable), the most by \(most)"
    }
}
