package import Catalog
internal import Core

/// Whether what a model calls probabilities can be some: each between 0 and 1, and those of a row together 1.
///
/// Support vectors, hinge loss, perceptrons and ridge give margins, which converters call probabilities all the same.
struct ProbabilityCheck {
    private let rows: Int
    private let values: ClosedRange<Double>
    /// Nil for answers of one value, which is the second label's.
    private let sums: ClosedRange<Double>?

    /// - Returns: nil when there is no row of finite numbers.
    init?(_ answers: ModelAnswers) {
        let width = answers.width
        let all = stride(from: 0, to: answers.values.count, by: width).map { answers.values[$0..<$0 + width] }
        let finite = all.filter { $0.allSatisfy(\.isFinite) }
        guard let least = finite.compactMap({ $0.min() }).min(), let greatest = finite.compactMap({ $0.max() }).max()
        else { return nil }
        let sums = finite.map { $0.reduce(0, +) }
        rows = finite.count
        values = least...greatest
        self.sums = width > 1 ? sums.min()!...sums.max()! : nil
    }

    var holds: Bool {
        let slack = Predictions.probabilitySlack
        let isInRange = values.lowerBound >= -slack && values.upperBound <= 1 + slack
        return isInRange && sums.map { $0.lowerBound >= 1 - slack && $0.upperBound <= 1 + slack } ?? true
    }

    /// What was found, for people.
    var words: String {
        let range = "over \(rows) rows its values lie between \(Self.short(values))"
        return range + (sums.map { ", and those of a row add up to between \(Self.short($0))" } ?? "")
    }

    private static func short(_ range: ClosedRange<Double>) -> String {
        // Adding 0 makes 0 of -0.
        let ends = [range.lowerBound, range.upperBound].map { ($0 * 1_000).rounded() / 1_000 + 0 }
        return "\(ends[0]) and \(ends[1])"
    }
}

extension Predictor {
    /// Whether numbers that a manifest calls scores look like probabilities over many rows: 0 to 1, and together 1 in each.
    package func looksLikeProbabilities(_ resolved: ResolvedModel, file: [UInt8]) throws -> Bool {
        guard output.givesScores, let predictor = self as? any ValuePredictor else { return false }
        let check = ProbabilityCheck(try predictor.answers(to: resolved.trialRows(file)))
        return check?.holds ?? false
    }
}
