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
    package let positiveLabel: String?
    package let file: [UInt8]

    /// - Parameters:
    ///   - name: 1 to 64 of a–z, 0–9, `-` and `_`, beginning with a letter or digit.
    ///   - labels: at least two, or none for a regression.
    package init(
        name: String, input: String, output: String, labels: [String], positiveLabel: String?, file: [UInt8]
    ) {
        self.name = name
        self.input = input
        self.output = output
        self.labels = labels
        self.positiveLabel = positiveLabel
        self.file = file
    }

    /// Writes the model into a folder of models, without golden rows.
    ///
    /// - Throws: ``CatalogError/invalid(model:reason:)`` before anything is written; what the filesystem says.
    package func write(into folder: String) throws {
        let path = "\(folder)/\(name)"
        let manifest = try manifest.encoded()
        _ = try Model(manifest: manifest, folder: path)
        try FileManager.default.createDirectory(atPath: "\(path)/\(Self.version)", withIntermediateDirectories: true)
        try Data(file).write(to: URL(fileURLWithPath: "\(path)/\(Self.version)/model.onnx"))
        try Data(manifest).write(to: URL(fileURLWithPath: "\(path)/model.json"))
    }

    private var manifest: Manifest {
        let isClassification = !labels.isEmpty
        return Manifest(
            name: name, task: isClassification ? .classification : .regression,
            inputs: [.init(name: "text", type: .string, tensor: input, column: 0, minLength: 1)],
            outputs: isClassification
                ? .init(labels: labels, probabilities: output, positiveLabel: positiveLabel) : .init(value: output),
            defaultVersion: Self.version,
            versions: [
                .init(
                    version: Self.version, state: .active,
                    files: ["model.onnx": .init(sha256: SHA256.hex(of: file), bytes: file.count)])
            ])
    }
}
