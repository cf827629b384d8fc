package import Core

/// A model as its manifest describes it: what goes in, what comes out, and its versions.
///
/// Comes from: ``Catalog``. Goes to: the API's answers and the workers' sessions.
package struct Model: Sendable {
    package let name: String
    package let description: String?
    package let signature: Signature
    /// The units and meanings of the inputs, in the signature's order.
    package let inputNotes: [InputNote]
    /// The inputs' places in the model's tensors, in the signature's order.
    package let layout: [TensorPlace]
    package let output: ModelOutput
    /// The name of the tensor that holds the answers.
    package let outputTensor: String
    package let versions: [ModelVersion]
    package let defaultVersion: String
    /// How long one run may take.
    package let timeout: Duration
    /// A row and its answer, for people.
    package let example: JSONValue?

    /// What the manifest says of an input for people.
    package struct InputNote: Sendable {
        package let unit: String?
        package let description: String?
    }

    /// Where the values of an input go: a column of a tensor of rows × columns.
    package struct TensorPlace: Sendable, Equatable {
        package let tensor: String
        package let column: Int
    }

    /// Finds a version by its name.
    package func version(_ name: String) -> ModelVersion? { versions.first { $0.name == name } }
}

/// One version of a model, down to its file.
package struct ModelVersion: Sendable {
    /// Where a version stands in its life.
    package enum State: String, Sendable {
        case active
        case staging
        case deprecated
    }

    package let name: String
    package let state: State
    /// The path of the model's file.
    package let path: String
    /// The SHA-256 of the file, 64 hexadecimal digits.
    package let digest: String
    /// The bytes of the file.
    package let bytes: Int
    /// What was measured when it was trained, such as `accuracy`.
    package let measures: [String: Double]
    package let trainedAt: String?
    package let data: JSONValue?
    /// Nil for a model of one text that came without them: two engines then check each other.
    package let golden: GoldenRows?
}

/// Rows whose answers are known, from the library that trained the model.
package struct GoldenRows: Sendable {
    package let rows: Rows
    /// The expected answers, one for each row: probabilities, scores or the output itself; of a classification an answer is
    /// empty where only the label is known.
    package let answers: [[Float]]
    /// The expected labels, one for each row; empty unless a classification.
    package let labels: [String]
    /// How far a value may be off, absolutely.
    package let tolerance: Float
}

/// A model and the version of it that a request means.
package struct ResolvedModel: Sendable {
    package let model: Model
    package let version: ModelVersion

    package init(model: Model, version: ModelVersion) {
        self.model = model
        self.version = version
    }

    package var signature: Signature { model.signature }
    package var output: ModelOutput { model.output }
    package var identity: ModelIdentity {
        ModelIdentity(model: model.name, version: version.name, digest: version.digest)
    }
}
