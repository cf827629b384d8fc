package import Core

/// A model as its manifest describes it: its versions, and which of them a request means that names none.
///
/// Comes from: ``Catalog``. Goes to: the API's answers and the workers' sessions.
package struct Model: Sendable {
    package let name: String
    package let description: String?
    package let versions: [ModelVersion]
    package let defaultVersion: String
    /// How long one run may take.
    package let timeout: Duration
    /// A row and its answer, for people.
    package let example: JSONValue?

    /// Finds a version by its name.
    package func version(_ name: String) -> ModelVersion? { versions.first { $0.name == name } }

    /// What a request means that names no version.
    package var resolvedDefault: ResolvedModel? {
        version(defaultVersion).map { ResolvedModel(model: self, version: $0) }
    }

    /// All versions, each with its model.
    package var resolved: [ResolvedModel] { versions.map { ResolvedModel(model: self, version: $0) } }
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
    package let interface: ModelInterface
    /// The path of the model's file.
    package let path: String
    /// The SHA-256 of the file, 64 hexadecimal digits.
    package let fileDigest: String
    /// What names the version down to what its answers hang on; see ``ModelInterface/digest(files:)``.
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
    package let answers: [[Double]]
    /// The expected labels, one for each row; empty unless a classification.
    package let labels: [String]
    /// How far a value may be off, absolutely.
    package let tolerance: Double
}

/// A model and the version of it that a request means.
package struct ResolvedModel: Sendable {
    package let model: Model
    package let version: ModelVersion

    package init(model: Model, version: ModelVersion) {
        self.model = model
        self.version = version
    }

    package var signature: Signature { version.interface.signature }
    package var output: ModelOutput { version.interface.output }
    /// The inputs' places in the model's tensors, in the signature's order.
    package var layout: [ModelInterface.TensorPlace] { version.interface.layout }
    /// The name of the tensor that holds the answers.
    package var outputTensor: String { version.interface.outputTensor }
    package var identity: ModelIdentity {
        ModelIdentity(model: model.name, version: version.name, digest: version.digest)
    }
}
