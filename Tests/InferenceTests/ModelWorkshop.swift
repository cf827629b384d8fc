import Catalog
import Core
import Digest
import Foundation
import Inference
import Intake
import TestSupport
import Testing

/// Makes folders of models for tests, and loads them with the library that the tests were given.
final class ModelWorkshop: Sendable {
    static let libraryPath = PackageFiles.path(".tools/onnxruntime/libonnxruntime.so")
    private static let runtime = Result { try OnnxRuntime(path: libraryPath) }

    let folder = TemporaryFolder()

    /// Loads a model's default version from a folder of models.
    static func load(_ model: String, from folder: String = PackageFiles.path("models")) throws -> OnnxPredictor {
        let catalog = try Catalog(folder: folder)
        if let error = catalog.broken[model] { throw error }
        return try OnnxPredictor(catalog.resolve(model: model, version: nil), runtime: runtime.get())
    }

    func load(_ model: String) throws -> OnnxPredictor { try Self.load(model, from: folder.path) }

    /// Puts a copy of a shipped model into the workshop, with its files changed.
    func copy(
        _ model: String, manifest: (String) -> String = { $0 }, file: (inout [UInt8]) -> Void = { _ in }
    ) throws {
        let text = try PackageFiles.text("models/\(model)/model.json")
        var bytes = Array(
            try Data(contentsOf: URL(fileURLWithPath: PackageFiles.path("models/\(model)/v1/model.onnx"))))
        file(&bytes)
        try write(model, manifest: manifest(text), file: bytes)
    }

    /// Puts a model of one operation into the workshop: numbers in, a vector out.
    ///
    /// - Parameters:
    ///   - inputs: for each column the members of its input, such as `"type": "float"`.
    ///   - golden: for each golden row its values and its answers.
    func make(
        _ file: OnnxFile, inputs: [String] = [#""type": "float""#], width: Int = 1, golden: [([String], [Float])],
        output: String = "y", as model: String = "made"
    ) throws {
        let columns = inputs.enumerated().map { #"{"name": "x\#($0)", "tensor": "x", "column": \#($0), \#($1)}"# }
        let rows = golden.map { values, answers in
            let members = values.enumerated().map { #""x\#($0)": \#($1)"# }.joined(separator: ", ")
            return #"{"input": {\#(members)}, "prediction": \#(answers)}"#
        }
        let digest = SHA256.hex(of: file.bytes)
        try write(
            model,
            manifest: """
                {"name": "\(model)", "task": "vector", "inputs": [\(columns.joined(separator: ", "))],
                 "outputs": {"values": "\(output)", "width": \(width)}, "default_version": "v1",
                 "versions": [{"version": "v1", "state": "active",
                   "files": {"model.onnx": {"sha256": "\(digest)", "bytes": \(file.bytes.count)}},
                   "golden": {"tolerance": 1e-5, "rows": [\(rows.joined(separator: ", "))]}}]}
                """, file: file.bytes)
    }

    /// Puts a classifier of one text into the workshop, from a file of the fixtures.
    ///
    /// - Parameters:
    ///   - gives: `probabilities` or `scores`.
    ///   - golden: the member of its version, as JSON with a comma before it; none as third parties send it.
    func writeText(
        _ fixture: String, labels: [String], gives: String = "probabilities", golden: String = "", file: [UInt8]? = nil
    ) throws {
        let file = try file ?? Self.fixture(fixture)
        let labels = labels.map { "\"\($0)\"" }.joined(separator: ", ")
        try write(
            fixture,
            manifest: """
                {"name": "\(fixture)", "task": "classification",
                 "inputs": [{"name": "text", "type": "string", "tensor": "text", "column": 0}],
                 "outputs": {"labels": [\(labels)], "\(gives)": "probabilities"}, "default_version": "v1",
                 "versions": [{"version": "v1", "state": "active",
                   "files": {"model.onnx": {"sha256": "\(SHA256.hex(of: file))", "bytes": \(file.count)}}\(golden)}]}
                """, file: file)
    }

    /// A text model of the fixtures.
    static func fixture(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: PackageFiles.path("Tests/Fixtures/text/\(name).onnx"))))
    }

    /// Puts a model into the workshop.
    func write(_ model: String, manifest: String, file: [UInt8]) throws {
        let path = folder.path + "/" + model
        try FileManager.default.createDirectory(atPath: path + "/v1", withIntermediateDirectories: true)
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: path + "/model.json"))
        try Data(file).write(to: URL(fileURLWithPath: path + "/v1/model.onnx"))
    }

    /// Scans lines of JSON as a caller would upload them.
    static func rows(_ lines: String, for model: String, in folder: String = PackageFiles.path("models")) throws -> Rows
    {
        let signature = try Catalog(folder: folder).resolve(model: model, version: nil).signature
        var scanner = NDJSONScanner(signature: signature)
        var builder = RowsBuilder(signature: signature, chunkRows: 100_000, chunkBytes: 1 << 30)
        let chunks = try scanner.scanAll(Array(lines.utf8), into: &builder)
        return chunks.first ?? builder.take()
    }

    func rows(_ lines: String, for model: String = "made") throws -> Rows {
        try Self.rows(lines, for: model, in: folder.path)
    }
}
