internal import Core

extension Manifest.Golden {
    /// Golden rows as a manifest has them.
    init(_ golden: GoldenRows, signature: Signature, output: ModelOutput) {
        self.init(
            tolerance: golden.tolerance,
            rows: (0..<golden.rows.count).map { row in
                let answer = golden.answers[row]
                let numbers = answer.isEmpty || output.kind != .classification ? nil : answer
                return Manifest.GoldenRow(
                    input: golden.rows.input(row, of: signature),
                    prediction: golden.labels.isEmpty ? .number(answer[0]) : .string(golden.labels[row]),
                    probabilities: output.hasProbabilities ? numbers : nil, scores: output.givesScores ? numbers : nil)
            })
    }
}

extension Rows {
    /// A row as a caller would write it; the rows have no faults.
    fileprivate func input(_ row: Int, of signature: Signature) -> JSONValue {
        var members: [String: JSONValue] = [:]
        for (input, column) in zip(signature.inputs, columns) {
            switch column {
            case .float(let values): members[input.name] = values[row].isNaN ? .null : .number(Double(values[row]))
            case .double(let values): members[input.name] = values[row].isNaN ? .null : .number(values[row])
            case .int(let values):
                members[input.name] = input.kind == .bool ? .bool(values[row] != 0) : .number(Double(values[row]))
            case .text(let texts): members[input.name] = .string(texts[row])
            }
        }
        return .object(members)
    }
}
