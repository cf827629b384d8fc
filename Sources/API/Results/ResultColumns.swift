internal import Core
internal import Intake

/// The columns that stand for a row's answer in a table, and their cells.
struct ResultColumns {
    /// One column.
    private enum Column {
        case prediction
        case score(Int)
        case confidence
        case probability(Int)
        /// The label, or its probability, at a place of the most probable ones.
        case topLabel(Int)
        case topProbability(Int)
        case value(Int)
        case error
    }

    /// What stands in a cell.
    typealias Cell = CSVExtension.Cell

    let names: [String]
    private let columns: [Column]
    private let output: ModelOutput
    private let topCount: Int

    /// - Parameters:
    ///   - isJoined: whether the columns stand beside the caller's own: then few, unless more are asked for.
    /// - Throws: ``APIError/invalidParameter(name:expected:)`` when a field is asked for that there is not.
    init(_ output: ModelOutput, _ shape: ResultShape, isJoined: Bool) throws {
        let shown = shape.probabilities ?? (isJoined ? .none : .all)
        // Every probability can be asked for by its own name.
        let all = Self.columns(of: output, shape.fields == nil ? shown : shown == .none ? .all : shown)
        var chosen = all
        if let fields = shape.fields {
            chosen = try fields.map { field in
                guard let column = all.first(where: { $0.name == field }) else {
                    throw APIError.invalidParameter(
                        name: "fields", expected: "some of \(all.map { "`\($0.name)`" }.joined(separator: ", "))")
                }
                return column
            }
        } else if isJoined, output.kind == .classification, output.positiveLabel != nil || output.givesScores {
            // One number beside the prediction is what a campaign is sorted by; a model of scores has no confidence.
            chosen.removeAll { $0.name == "confidence" }
        }
        names = chosen.map(\.name)
        columns = chosen.map(\.column)
        self.output = output
        topCount =
            if case .top(let count) = shown, output.hasProbabilities { min(count, output.labels.count) } else { 0 }
    }

    private static func columns(
        of output: ModelOutput, _ shown: ShownProbabilities
    ) -> [(name: String, column: Column)] {
        var columns: [(name: String, column: Column)] = []
        switch output.kind {
        case .classification:
            columns.append(("prediction", .prediction))
            if let positive = output.positiveLabel.flatMap(output.labels.firstIndex(of:)) {
                columns.append(("score", .score(positive)))
            }
            columns.append(("confidence", .confidence))
            switch output.hasProbabilities ? shown : .none {
            case .none: break
            case .all: columns += output.labels.enumerated().map { ($1, .probability($0)) }
            case .top(let count):
                for place in 0..<min(count, output.labels.count) {
                    columns.append(("label_\(place + 1)", .topLabel(place)))
                    columns.append(("probability_\(place + 1)", .topProbability(place)))
                }
            }
        case .regression: columns.append(("prediction", .value(0)))
        case .vector: columns += (0..<output.width).map { ("output_\($0 + 1)", .value($0)) }
        }
        return columns + [("error", .error)]
    }

    /// Gives the cells of a row one after the other: a list for each of a million rows would cost more than their digits.
    ///
    /// - Parameters:
    ///   - values: what the model answered; empty for a row that failed.
    ///   - precision: what the values were computed in.
    ///   - fault: why the row failed; nil for one that did not.
    func forEachCell(
        of values: ArraySlice<Double>, in precision: Precision, fault: RowFault?, _ body: (Cell) -> Void
    ) {
        if let fault { return forEachCell(of: fault, body) }
        let label = output.kind == .classification ? output.label(of: values, in: precision) : 0
        let top = topCount > 0 ? Self.top(topCount, of: values) : []
        let start = values.startIndex
        for column in columns {
            switch column {
            case .prediction: body(.text(output.labels[label]))
            case .confidence: body(output.givesScores ? .empty : .number(values[start + label], precision))
            case .score(let index), .probability(let index), .value(let index):
                body(.number(values[start + index], precision))
            case .topLabel(let place): body(.text(output.labels[top[place]]))
            case .topProbability(let place): body(.number(values[start + top[place]], precision))
            case .error: body(.empty)
            }
        }
    }

    private func forEachCell(of fault: RowFault, _ body: (Cell) -> Void) {
        for column in columns {
            if case .error = column { body(.text("\(fault.code.rawValue): \(fault.message)")) } else { body(.empty) }
        }
    }

    /// The indices of the greatest values, greatest first; of equals the first comes first.
    static func top(_ count: Int, of values: ArraySlice<Double>) -> [Int] {
        let order = values.indices.sorted { values[$0] > values[$1] || values[$0] == values[$1] && $0 < $1 }
        return order.prefix(count).map { $0 - values.startIndex }
    }
}
