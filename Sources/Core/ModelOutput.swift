/// Says how a model's values are read: labels of a classification, the score of a campaign.
///
/// It is stored with every model version that has tasks, so that results stay readable after a model is gone.
package struct ModelOutput: Sendable, Equatable, Codable {
    /// What kind of answer the model gives.
    package enum Kind: String, Sendable, Codable {
        /// One probability a label; the prediction is a label.
        case classification
        /// One number.
        case regression
        /// Several numbers.
        case vector
    }

    package var kind: Kind
    /// The labels, in the order of the probabilities; empty unless a classification.
    package var labels: [String]
    /// The label whose probability is the `score`; nil when the model names none.
    package var positiveLabel: String?
    /// The score from which on the prediction is the positive label, 0 to 1; nil for the most probable label.
    package var threshold: Float?
    /// The number of values a row.
    package var width: Int

    package init(
        kind: Kind, labels: [String] = [], positiveLabel: String? = nil, threshold: Float? = nil, width: Int? = nil
    ) {
        self.kind = kind
        self.labels = labels
        self.positiveLabel = positiveLabel
        self.threshold = threshold
        self.width = width ?? max(labels.count, 1)
    }

    /// Finds the label that a row's probabilities stand for: the most probable one, or by the threshold.
    ///
    /// Takes a slice and nothing more general, because other rooms call it for each row: a generic function would look
    /// its types up at run time there.
    ///
    /// - Parameter probabilities: one for each label.
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
