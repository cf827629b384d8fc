internal import Core
internal import Intake

extension Model {
    /// Reads and checks a manifest.
    ///
    /// - Parameters:
    ///   - manifest: the bytes of `model.json`.
    ///   - folder: the folder in which it lies, named like the model.
    /// - Throws: ``CatalogError/invalid(model:reason:)``.
    init(manifest bytes: [UInt8], folder: String) throws {
        let folderName = folder.split(separator: "/").last.map(String.init) ?? folder
        let manifest = try Manifest(bytes, model: folderName)
        let check = ManifestCheck(model: folderName)
        try check.run(manifest)
        let shared = try ModelInterface(manifest.inputs, manifest.outputs, of: manifest.task, check)
        self.init(
            name: manifest.name, description: manifest.description,
            versions: try manifest.versions.map { version in
                let check = ManifestCheck(model: folderName, version: version.version)
                // What stands at the model holds for what the version does not say itself.
                let isOwn = version.inputs != nil || version.outputs != nil
                let interface =
                    isOwn
                    ? try ModelInterface(
                        version.inputs ?? manifest.inputs, version.outputs ?? manifest.outputs, of: manifest.task,
                        check) : shared
                return try ModelVersion(version, folder: folder, interface: interface, check: check)
            },
            defaultVersion: manifest.defaultVersion, timeout: .seconds(manifest.timeout ?? 10),
            example: manifest.example)
    }
}

extension ModelInterface {
    fileprivate init(
        _ inputs: [Manifest.Input], _ outputs: Manifest.Outputs, of task: ModelOutput.Kind, _ check: ManifestCheck
    ) throws {
        try check.run(inputs)
        let signature = Signature(inputs: try inputs.map { try check.input($0) })
        self.init(
            signature: signature,
            notes: inputs.map { Note(unit: $0.unit, description: $0.description) },
            layout: inputs.map { TensorPlace(tensor: $0.tensor, column: $0.column) },
            output: try check.output(outputs, of: task).given(signature),
            outputTensor: outputs.tensor)
    }
}

extension ModelVersion {
    fileprivate init(
        _ version: Manifest.Version, folder: String, interface: ModelInterface, check: ManifestCheck
    ) throws {
        guard let file = version.files["model.onnx"], version.files.count == 1 else {
            throw check.fault("there must be one file, `model.onnx`")
        }
        guard file.sha256.utf8.count == 64, Hexadecimal.decode(file.sha256) != nil else {
            throw check.fault("`sha256` must be 64 hexadecimal digits")
        }
        guard version.golden != nil || interface.signature.isText else {
            throw check.fault("`golden` is missing; only a model of one text can be checked without")
        }
        self.init(
            name: version.version, state: State(rawValue: version.state.rawValue)!, interface: interface,
            path: "\(folder)/\(version.version)/model.onnx", fileDigest: file.sha256.lowercased(),
            digest: try interface.digest(files: version.files.mapValues { $0.sha256.lowercased() }), bytes: file.bytes,
            measures: version.measures ?? [:], trainedAt: version.trainedAt, data: version.data,
            golden: try version.golden.map {
                try GoldenRows($0, signature: interface.signature, output: interface.output, check: check)
            })
    }
}

extension GoldenRows {
    /// Golden rows go through the scanner that callers' rows go through: one reading of a row everywhere.
    fileprivate init(
        _ golden: Manifest.Golden, signature: Signature, output: ModelOutput, check: ManifestCheck
    ) throws {
        guard !golden.rows.isEmpty, golden.tolerance > 0, Float(golden.tolerance).isFinite else {
            throw check.fault("`golden` must have rows and a tolerance above 0")
        }
        let array = JSONWriter.write { json in
            json.array { json in for row in golden.rows { row.input.write(to: &json) } }
        }
        let rows = try JSONRows.scan(array: array, for: signature)
        if let fault = rows.faults.first {
            throw check.fault("golden row \(fault.row) does not fit the inputs: \(fault.message)")
        }
        let answers = golden.rows.map { $0.answer(of: output) }
        let isClassification = output.kind == .classification
        guard answers.allSatisfy({ $0.count == output.width || $0.isEmpty && isClassification }) else {
            throw check.fault(
                isClassification
                    ? "each golden row's `\(output.givesScores ? "scores" : "probabilities")` must be one for each label"
                    : "each golden row must have \(output.width) answers")
        }
        let labels = isClassification ? golden.rows.map { $0.prediction.text ?? "" } : []
        guard labels.allSatisfy(output.labels.contains) else {
            throw check.fault("each golden row's prediction must be one of the labels")
        }
        self.init(rows: rows, answers: answers, labels: labels, tolerance: golden.tolerance)
    }
}

extension Manifest.Outputs {
    /// The name of the tensor that holds the answers.
    fileprivate var tensor: String { probabilities ?? scores ?? value ?? values ?? "" }
}

extension Manifest.GoldenRow {
    /// The values that a model must give; none where only the label is known.
    fileprivate func answer(of output: ModelOutput) -> [Double] {
        guard output.kind == .classification else {
            return prediction.number.map { [$0] } ?? prediction.numbers ?? []
        }
        let values = (output.givesScores ? scores : probabilities) ?? []
        return values.count == 1 ? output.completed(values[0]) : values
    }
}

extension JSONValue {
    fileprivate var number: Double? { if case .number(let number) = self { number } else { nil } }

    fileprivate var numbers: [Double]? {
        guard case .array(let values) = self else { return nil }
        let numbers = values.compactMap(\.number)
        return numbers.count == values.count ? numbers : nil
    }
}
