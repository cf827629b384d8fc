/// Says how a model's values are read: labels of a classification, the score of a campaign.
///
/// It is stored with every model version that has tasks, so that results stay readable after a model is gone.
package struct ModelOutput: Sendable, Equatable, Codable {
    /// What kind of answer the model gives.
    package enum Kind: String, Sendable, Codable {
        /// One probability a label, or one score; the prediction is a label.
        case classification
        /// One number.
        case regression
        /// Several numbers.
        case vector
    }

    package var kind: Kind
    /// The labels, in the order of the probabilities or scores; empty unless a classification.
    package var labels: [String]
    /// Whether a classification gives scores such as margins, of which only the order means something, in place of
    /// probabilities: such an answer has a label and no confidence.
    package var givesScores: Bool
    /// The label whose probability, or margin, is the `score`; nil when the model names none.
    package var positiveLabel: String?
    /// The score from which on the prediction is the positive label, 0 to 1; nil for the most probable label.
    ///
    /// Only for probabilities.
    package var threshold: Float?
    /// The number of values a row.
    package var width: Int

    package init(
        kind: Kind, labels: [String] = [], givesScores: Bool = false, positiveLabel: String? = nil,
        threshold: Float? = nil, width: Int? = nil
    ) {
        self.kind = kind
        self.labels = labels
        self.givesScores = givesScores
        self.positiveLabel = positiveLabel
        self.threshold = threshold
        self.width = width ?? max(labels.count, 1)
    }

    /// Reads what is stored with a task; what is older says nothing of scores.
    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            kind: try members.decode(Kind.self, forKey: .kind),
            labels: try members.decode([String].self, forKey: .labels),
            givesScores: try members.decodeIfPresent(Bool.self, forKey: .givesScores) ?? false,
            positiveLabel: try members.decodeIfPresent(String.self, forKey: .positiveLabel),
            threshold: try members.decodeIfPresent(Float.self, forKey: .threshold),
            width: try members.decode(Int.self, forKey: .width))
    }

    /// Whether an answer is one probability for each label.
    package var hasProbabilities: Bool { kind == .classification && !givesScores }

    /// The values of both labels of two, from the one value that some models give: it is the second label's.
    ///
    /// The other one's is what is left to 1; of scores, of which 0 is between the two labels, it is the opposite. For other
    /// outputs the value is the answer.
    package func completed(_ value: Float) -> [Float] {
        guard kind == .classification, labels.count == 2 else { return [value] }
        return [givesScores ? -value : 1 - value, value]
    }

    /// Finds the label that a row's probabilities stand for: the most probable one, or by the threshold.
    ///
    /// Takes a slice and nothing more general, because other rooms call it for each row: a generic function would look
    /// its types up at run time there.
    ///
    /// - Parameter probabilities: one for each label; scores likewise.
    /// - Returns: the index of the label; the first of equals.
    package func label(of probabilities: ArraySlice<Float>) -> Int {
        let first = probabilities.startIndex
        if let threshold, let positiveLabel, labels.count == 2, let positive = labels.firstIndex(of: positiveLabel) {
            return probabilities[first + positive] >= threshold ? positive : 1 - positive
        }
        var best = first
        for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
        return best - first
    }
}

/// Names one version of a model down to its bytes; a task is pinned to one when it is accepted.
package struct ModelIdentity: Sendable, Hashable, Codable {
    package var model: String
    package var version: String
    /// The SHA-256 of the model's file, 64 hexadecimal digits.
    package var digest: String

    package init(model: String, version: String, digest: String) {
        self.model = model
        self.version = version
        self.digest = digest
    }
}
