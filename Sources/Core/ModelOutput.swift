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
    package var threshold: Double?
    /// The number of values a row.
    package var width: Int
    /// What a row is made of, in the order of its columns; nil where nothing is known of them.
    ///
    /// Kept columns have no names of their own: they find the inputs of another version by it.
    package var inputs: [Input]?

    /// An input, as far as it tells a column from another.
    package struct Input: Sendable, Hashable, Codable {
        package let name: String
        package let kind: ModelInput.Kind
    }

    package init(
        kind: Kind, labels: [String] = [], givesScores: Bool = false, positiveLabel: String? = nil,
        threshold: Double? = nil, width: Int? = nil
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
            threshold: try members.decodeIfPresent(Double.self, forKey: .threshold),
            width: try members.decode(Int.self, forKey: .width))
        inputs = try members.decodeIfPresent([Input].self, forKey: .inputs)
    }

    /// Whether an answer is one probability for each label.
    package var hasProbabilities: Bool { kind == .classification && !givesScores }

    /// The values of both labels of two, from the one value that some models give: it is the second label's.
    ///
    /// The other one's is what is left to 1; of scores, of which 0 is between the two labels, it is the opposite. For other
    /// outputs the value is the answer.
    package func completed(_ value: Double) -> [Double] {
        guard kind == .classification, labels.count == 2 else { return [value] }
        return [givesScores ? -value : 1 - value, value]
    }

    /// The same output of a model with these inputs.
    package func given(_ signature: Signature) -> ModelOutput {
        var output = self
        output.inputs = signature.inputs.map { Input(name: $0.name, kind: $0.kind) }
        return output
    }

    /// Finds the label that a row's probabilities stand for: the most probable one, or by the threshold.
    ///
    /// Takes a slice and nothing more general, because other rooms call it for each row: a generic function would look
    /// its types up at run time there.
    ///
    /// - Parameters:
    ///   - probabilities: one for each label; scores likewise.
    ///   - precision: what they were computed in.
    /// - Returns: the index of the label; the first of equals.
    package func label(of probabilities: ArraySlice<Double>, in precision: Precision) -> Int {
        let first = probabilities.startIndex
        if let threshold, let positiveLabel, labels.count == 2, let positive = labels.firstIndex(of: positiveLabel) {
            let probability = probabilities[first + positive]
            return Self.reaches(threshold, probability, in: precision) ? positive : 1 - positive
        }
        var best = first
        for index in probabilities.indices where probabilities[index] > probabilities[best] { best = index }
        return best - first
    }
}

extension ModelOutput {
    /// Whether a probability is at least the threshold; one of 32 bits as the threshold is in 32 bits: 0.7 reaches 0.7.
    private static func reaches(_ threshold: Double, _ probability: Double, in precision: Precision) -> Bool {
        if probability >= threshold || precision == .double { return probability >= threshold }
        let single = Float(probability)
        return Double(single) == probability && single >= Float(threshold)
    }
}

/// Names one version of a model down to what its answers hang on; a task is pinned to one when it is accepted.
package struct ModelIdentity: Sendable, Hashable, Codable {
    package var model: String
    package var version: String
    /// A SHA-256, 64 hexadecimal digits: of the version's files, and of what else changes an answer.
    package var digest: String

    package init(model: String, version: String, digest: String) {
        self.model = model
        self.version = version
        self.digest = digest
    }
}
