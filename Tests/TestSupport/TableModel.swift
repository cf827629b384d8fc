import Foundation

/// Folders of models that add up numbers: tables of any width, made without a library that trains.
package struct TableModel: Sendable {
    package let name: String
    /// Inputs, `x0` and so on.
    package let inputs: Int
    /// Whether each input has a tensor of its own.
    package var isSplit = false
    /// The type of the inputs in the manifest.
    package var type = "float"
    /// The element type of the tensors.
    package var element = OnnxFile.Element.float
    /// Members of the manifest's `outputs`, and its task.
    package var task = "regression"
    package var outputs = #""value": "y""#
    /// What the model's file ends in.
    package var tail: [UInt8] = []

    package init(_ name: String, inputs: Int) {
        self.name = name
        self.inputs = inputs
    }

    private var file: OnnxFile {
        isSplit
            ? OnnxFile(
                operation: "Sum", from: element, to: element, inputs: (0..<inputs).map { "x\($0)" })
            : OnnxFile(
                operation: "ReduceSum", attributes: [.integers("axes", [1]), .integer("keepdims", 1)], from: element,
                to: element, columns: inputs)
    }

    /// Writes the model into a folder of models.
    ///
    /// - Parameter digest: gives a file's SHA-256 in hexadecimal digits.
    package func write(into folder: String, digest: ([UInt8]) -> String) throws {
        let bytes = file.bytes + tail
        let columns = (0..<inputs).map {
            #"{"name": "x\#($0)", "type": "\#(type)", "tensor": "\#(isSplit ? "x\($0)" : "x")", "column": \#(isSplit ? 0 : $0), "missing": 0}"#
        }
        let manifest = """
            {"name": "\(name)", "task": "\(task)", "inputs": [\(columns.joined(separator: ",\n"))],
             "outputs": {\(outputs)}, "default_version": "v1",
             "versions": [{"version": "v1", "state": "active",
               "files": {"model.onnx": {"sha256": "\(digest(bytes))", "bytes": \(bytes.count)}},
               "golden": {"tolerance": 1e-3, "rows": [{"input": {"x0": 2}, "prediction": 2}]}}]}
            """
        let path = "\(folder)/\(name)"
        try FileManager.default.createDirectory(atPath: path + "/v1", withIntermediateDirectories: true)
        try Data(manifest.utf8).write(to: URL(fileURLWithPath: path + "/model.json"))
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/v1/model.onnx"))
    }
}
