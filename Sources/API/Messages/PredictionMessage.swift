internal import Core

/// Writes predictions as callers see them: labels, confidences, scores.
struct PredictionMessage {
    let output: ModelOutput
    let version: String

    init(output: ModelOutput, version: String) {
        self.output = output
        self.version = version
    }

    init(task: PredictionTask) { self.init(output: task.output, version: task.model.version) }

    /// Writes a range of rows, one object each.
    ///
    /// - Parameter firstRow: the row of the task with which these predictions begin.
    func write(_ predictions: Predictions, rows: Range<Int>, firstRow: Int, to json: inout JSONWriter) {
        var fault = predictions.faults.partitioningIndex { $0.row >= rows.lowerBound }
        for row in rows {
            json.object { json in
                json.member("row", firstRow + row)
                if let ids = predictions.ids, !ids.range(at: row).isEmpty { json.member("id", ids[row]) }
                if fault < predictions.faults.count, predictions.faults[fault].row == row {
                    write(predictions.faults[fault], to: &json)
                    fault += 1
                } else {
                    let start = (row - fault) * predictions.width
                    json.member("status", "succeeded")
                    write(predictions.values[start..<start + predictions.width], to: &json)
                }
                json.member("model_version", version)
            }
        }
    }

    /// Writes the members that one row's values stand for.
    func write(_ values: ArraySlice<Float>, to json: inout JSONWriter) {
        switch output.kind {
        case .classification: writeLabels(values, to: &json)
        case .regression:
            json.key("prediction")
            json.value(values[values.startIndex])
        case .vector:
            json.key("output")
            json.array { json in for value in values { json.value(value) } }
        }
    }

    private func writeLabels(_ values: ArraySlice<Float>, to json: inout JSONWriter) {
        let label = output.label(of: values)
        json.member("prediction", output.labels[label])
        json.key("confidence")
        json.value(values[values.startIndex + label])
        json.key("score")
        if let positive = output.positiveLabel.flatMap(output.labels.firstIndex(of:)) {
            json.value(values[values.startIndex + positive])
        } else {
            json.null()
        }
        json.key("probabilities")
        json.object { json in
            for (label, value) in zip(output.labels, values) {
                json.key(escaping: label)
                json.value(value)
            }
        }
    }

    private func write(_ fault: RowFault, to json: inout JSONWriter) {
        json.member("status", "failed")
        json.key("error")
        json.object { json in
            json.member("code", fault.code.rawValue)
            json.member("message", fault.message)
            if let line = fault.line { json.member("line", line) }
            if !fault.pointer.isEmpty { json.member("pointer", fault.pointer) }
        }
    }
}

extension Array {
    /// The first index from which on a condition holds, by bisection; the array is ordered by the condition.
    fileprivate func partitioningIndex(where isAfter: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isAfter(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
