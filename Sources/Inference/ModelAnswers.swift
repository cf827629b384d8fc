internal import Core

/// The numbers that a graph gave for some rows, as they came.
struct ModelAnswers {
    var values: [Double] = []
    /// What the numbers were computed in.
    var precision = Precision.single
    /// Numbers a row: those of the output, or one of a model of two labels.
    var width: Int

    /// Whether they suit an output.
    func suit(_ output: ModelOutput) -> Bool {
        width == output.width || width == 1 && output.kind == .classification && output.labels.count == 2
    }

    /// A number for each value of the output.
    fileprivate func completed(for output: ModelOutput) -> [Double] {
        if width == output.width { return values }
        let all = values.flatMap(output.completed)
        return precision == .single ? all.map { Double(Float($0)) } : all
    }
}

extension Predictions {
    /// How far a probability may be off by rounding, and so may the sum of a row's.
    static let probabilitySlack: Double = 0.001

    /// Predictions from what a graph gave: a row with a value that is no number, or no probability where it should be one,
    /// has failed, and its values are left out.
    init(checking answers: ModelAnswers, of output: ModelOutput, for rows: Rows) {
        let values = answers.completed(for: output)
        self.init(
            count: rows.count, width: output.width, values: values, precision: answers.precision, faults: rows.faults,
            ids: rows.ids)
        // Nearly all rows are right, and this is all that they cost.
        if output.hasProbabilities ? values.allSatisfy({ $0 >= 0 && $0 <= 1 }) : values.allSatisfy(\.isFinite) {
            return
        }
        let faulty = Set(rows.faults.map(\.row))
        self.values = []
        for (index, row) in (0..<rows.count).filter({ !faulty.contains($0) }).enumerated() {
            let part = values[index * width..<(index + 1) * width]
            if let (code, message) = Self.fault(of: part, output) {
                faults.append(RowFault(row: row, code: code, message: message))
            } else {
                // A probability of 1.0000001 is one that was rounded.
                self.values += output.hasProbabilities ? part.map { min(max($0, 0), 1) } : Array(part)
            }
        }
        faults.sort { $0.row < $1.row }
    }

    private static func fault(of values: ArraySlice<Double>, _ output: ModelOutput) -> (ErrorCode, String)? {
        guard values.allSatisfy(\.isFinite) else {
            return (.nonFiniteOutput, "The model's answer for this row is no number.")
        }
        guard output.hasProbabilities, !values.allSatisfy({ abs($0 - 0.5) <= 0.5 + probabilitySlack }) else {
            return nil
        }
        return (.notProbabilities, "The model's answer for this row has a probability that is not between 0 and 1.")
    }
}
