internal import Core
internal import Store

/// Writes predictions as callers see them: labels, confidences, scores.
struct PredictionMessage {
    let output: ModelOutput
    let version: String
    let shape: ResultShape

    init(output: ModelOutput, version: String, shape: ResultShape = ResultShape()) {
        self.output = output
        self.version = version
        self.shape = shape
    }

    private static let fields = [
        "row", "id", "status", "prediction", "confidence", "score", "probabilities", "output", "error",
        "model_version",
    ]

    /// - Throws: ``APIError/invalidParameter(name:expected:)`` for a field that there is not.
    static func check(_ fields: [String]?) throws {
        guard let fields, !fields.allSatisfy(Self.fields.contains) else { return }
        throw APIError.invalidParameter(
            name: "fields", expected: "some of \(Self.fields.map { "`\($0)`" }.joined(separator: ", "))")
    }

    init(task: PredictionTask) { self.init(output: task.output, version: task.model.version) }

    /// Writes a range of rows, one object each.
    ///
    /// - Parameter firstRow: the row of the task with which these predictions begin.
    func write(_ predictions: Predictions, rows: Range<Int>, firstRow: Int, to json: inout JSONWriter) {
        let part = ResultPage.Part(predictions: predictions, firstRow: firstRow, rows: rows)
        var cursor = RowCursor(part)
        for row in rows {
            let (values, fault) = cursor.take(row)
            writeObject(row, of: part, values, fault, to: &json)
        }
    }

    /// Writes a row on a line of its own.
    func write(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Double>, _ fault: RowFault?,
        to json: inout JSONWriter
    ) {
        writeObject(row, of: part, values, fault, to: &json)
        json.newline()
    }

    func writeObject(
        _ row: Int, of part: ResultPage.Part, _ values: ArraySlice<Double>, _ fault: RowFault?,
        to json: inout JSONWriter
    ) {
        json.object { json in
            if shape.shows("row") { json.member("row", part.firstRow + row) }
            if shape.shows("id"), let ids = part.predictions.ids, !ids.range(at: row).isEmpty {
                json.member("id", ids[row])
            }
            if shape.shows("status") { json.member("status", fault == nil ? "succeeded" : "failed") }
            if let fault { write(fault, to: &json) } else { write(values, in: part.predictions.precision, to: &json) }
            if shape.shows("model_version") { json.member("model_version", version) }
        }
    }

    /// Writes the members that one row's values stand for.
    ///
    /// - Parameter precision: what the values were computed in.
    func write(_ values: ArraySlice<Double>, in precision: Precision, to json: inout JSONWriter) {
        switch output.kind {
        case .classification: writeLabels(values, precision, to: &json)
        case .regression:
            guard shape.shows("prediction") else { return }
            json.key("prediction")
            json.value(values[values.startIndex], in: precision)
        case .vector:
            guard shape.shows("output") else { return }
            json.key("output")
            json.array { json in for value in values { json.value(value, in: precision) } }
        }
    }

    private func writeLabels(_ values: ArraySlice<Double>, _ precision: Precision, to json: inout JSONWriter) {
        let label = output.label(of: values, in: precision)
        if shape.shows("prediction") { json.member("prediction", output.labels[label]) }
        if shape.shows("confidence") {
            json.key("confidence")
            if output.givesScores { json.null() } else { json.value(values[values.startIndex + label], in: precision) }
        }
        if shape.shows("score") {
            json.key("score")
            if let positive = output.positiveLabel.flatMap(output.labels.firstIndex(of:)) {
                json.value(values[values.startIndex + positive], in: precision)
            } else {
                json.null()
            }
        }
        if shape.shows("probabilities") { writeProbabilities(values, precision, to: &json) }
    }

    private func writeProbabilities(_ values: ArraySlice<Double>, _ precision: Precision, to json: inout JSONWriter) {
        let shown: [Int]
        switch shape.probabilities ?? .all {
        case .none: return
        case .all: shown = Array(0..<values.count)
        case .top(let count): shown = ResultColumns.top(count, of: values)
        }
        json.key("probabilities")
        guard output.hasProbabilities else { return json.null() }
        json.object { json in
            for index in shown {
                json.key(escaping: output.labels[index])
                json.value(values[values.startIndex + index], in: precision)
            }
        }
    }

    private func write(_ fault: RowFault, to json: inout JSONWriter) {
        guard shape.shows("error") else { return }
        json.key("error")
        json.object { json in
            json.member("code", fault.code.rawValue)
            json.member("message", fault.message)
            if let line = fault.line { json.member("line", line) }
            if !fault.pointer.isEmpty { json.member("pointer", fault.pointer) }
        }
    }
}
