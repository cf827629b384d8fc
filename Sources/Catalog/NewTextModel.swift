internal import Core
internal import Digest
internal import Foundation

/// A model of one text that no catalog has yet: what its manifest must say.
///
/// Comes from: whoever imports a file. Goes to: a folder of models.
package struct NewTextModel: Sendable {
    /// The version that a new model begins with.
    package static let version = "v1"

    package let name: String
    /// The names of the file's tensors.
    package let input: String
    package let output: String
    /// In the order of the values; empty for a regression.
    package let labels: [String]
    /// Whether the values are scores, of which only the order means something.
    package let givesScores: Bool
    package let positiveLabel: String?
    package let file: [UInt8]
    /// Rows with the answers of the library that trained the model; nil where they are not known.
    package var golden: GoldenRows?

    /// - Parameters:
    ///   - name: 1 to 64 of a–z, 0–9, `-` and `_`, beginning with a letter or digit.
    ///   - labels: at least two, or none for a regression.
    package init(
        name: String, input: String, output: String, labels: [String], givesScores: Bool = false,
        positiveLabel: String?, file: [UInt8]
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.labels = labels
        self.givesScores = givesScores
        self.positiveLabel = positiveLabel
        self.file = file
    }

    /// Writes the model into a folder of models, over what is there.
    ///
    /// - Throws: ``CatalogError/invalid(model:reason:)`` before anything is written; what the filesystem says.
    package func write(into folder: String) throws {
        let path = "\(folder)/\(name)"
        var manifest = manifest
        let model = try Model(manifest: try manifest.encoded(), folder: path)
        if let golden, let interface = model.versions.first?.interface {
            manifest.versions[0].golden = .init(golden, signature: interface.signature, output: interface.output)
        }
        let bytes = try manifest.encoded()
        _ = try Model(manifest: bytes, folder: path)
        try FileManager.default.createDirectory(atPath: "\(path)/\(Self.version)", withIntermediateDirectories: true)
        try Data(file).write(to: URL(fileURLWithPath: "\(path)/\(Self.version)/model.onnx"))
        try Data(bytes).write(to: URL(fileURLWithPath: "\(path)/model.json"))
    }

    private var manifest: Manifest {
        let isClassification = !labels.isEmpty
        return Manifest(
            name: name, task: isClassification ? .classification : .regression,
            inputs: [.init(name: "text", type: .string, tensor: input, column: 0, minLength: 1)],
            outputs: isClassification
                ? .init(
                    labels: labels, probabilities: givesScores ? nil : output, scores: givesScores ? output : nil,
                    positiveLabel: positiveLabel) : .init(value: output),
            defaultVersion: Self.version,
            versions: [
                .init(
                    version: Self.version, state: .active,
                    files: ["model.onnx": .init(sha256: SHA256.hex(of: file), bytes: file.count)])
            ])
    }
}
