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
        let signature = Signature(inputs: try manifest.inputs.map { try check.input($0) })
        let output = try check.output(of: manifest)
        self.init(
            name: manifest.name, description: manifest.description, signature: signature,
            inputNotes: manifest.inputs.map { InputNote(unit: $0.unit, description: $0.description) },
            layout: manifest.inputs.map { TensorPlace(tensor: $0.tensor, column: $0.column) },
            output: output,
            outputTensor: manifest.outputs.tensor,
            versions: try manifest.versions.map {
                try ModelVersion($0, folder: folder, signature: signature, output: output, check: check)
            },
            defaultVersion: manifest.defaultVersion, timeout: .seconds(manifest.timeout ?? 10),
            example: manifest.example)
    }
}

extension ModelVersion {
    fileprivate init(
        _ version: Manifest.Version, folder: String, signature: Signature, output: ModelOutput, check: ManifestCheck
    ) throws {
        guard let file = version.files["model.onnx"], version.files.count == 1 else {
            throw check.fault("version `\(version.version)` must have one file, `model.onnx`")
        }
        guard file.sha256.utf8.count == 64, Hexadecimal.decode(file.sha256) != nil else {
            throw check.fault("`sha256` of version `\(version.version)` must be 64 hexadecimal digits")
        }
        guard version.golden != nil || signature.isText else {
            throw check.fault("`golden` is missing; only a model of one text can be checked without")
        }
        self.init(
            name: version.version, state: State(rawValue: version.state.rawValue)!,
            path: "\(folder)/\(version.version)/model.onnx", digest: file.sha256.lowercased(), bytes: file.bytes,
            measures: version.measures ?? [:], trainedAt: version.trainedAt, data: version.data,
            golden: try version.golden.map {
                try GoldenRows($0, signature: signature, output: output, check: check)
            })
    }
}

extension GoldenRows {
    /// Golden rows go through the scanner that callers' rows go through: one reading of a row everywhere.
    fileprivate init(
        _ golden: Manifest.Golden, signature: Signature, output: ModelOutput, check: ManifestCheck
    ) throws {
        guard !golden.rows.isEmpty, golden.tolerance > 0 else {
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
    fileprivate func answer(of output: ModelOutput) -> [Float] {
        guard output.kind == .classification else {
            return prediction.number.map { [Float($0)] } ?? prediction.numbers ?? []
        }
        let values = (output.givesScores ? scores : probabilities) ?? []
        return values.count == 1 ? output.completed(values[0]) : values
    }
}

extension JSONValue {
    fileprivate var number: Double? { if case .number(let number) = self { number } else { nil } }

    fileprivate var numbers: [Float]? {
        guard case .array(let values) = self else { return nil }
        let numbers = values.compactMap { $0.number.map { Float($0) } }
        return numbers.count == values.count ? numbers : nil
    }
}
