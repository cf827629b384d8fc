internal import Core
internal import Intake
internal import Store

/// Writes results a page at a time: as lines of JSON, as a table of their own, or into the caller's own records.
struct ResultEncoder {
    private enum Form {
        case lines(PredictionMessage)
        case table(ResultTable)
        case joined(JoinedTable)
    }

    private let form: Form
    /// Whether rows that succeeded are left out.
    private let errorsOnly: Bool
    private var isHeaderWritten = false

    /// - Parameters:
    ///   - version: the name of the task's model version.
    ///   - input: how the task's table was written; needed to join.
    /// - Throws: ``APIError`` when what is asked for does not suit the task.
    init(_ output: ModelOutput, version: String, _ query: ResultQuery, input: StoredInput?) throws {
        errorsOnly = query.errorsOnly
        let output = try output.withThreshold(query.shape.threshold)
        guard query.shape.probabilities == nil || output.kind == .classification else {
            throw APIError.meaningless(name: "probabilities", place: "to a model that gives some")
        }
        if query.isJoined {
            form = .joined(try JoinedTable(output, query, input: input))
        } else if query.format == .csv {
            form = .table(try ResultTable(output, query, idName: input?.idName()))
        } else {
            try PredictionMessage.check(query.shape.fields)
            form = .lines(PredictionMessage(output: output, version: version, shape: query.shape))
        }
    }

    /// Whether the caller's records must be read with the results.
    var needsRecords: Bool { if case .joined = form { true } else { false } }

    /// The media type, with the character set of the caller's own table.
    var mediaType: String {
        switch form {
        case .lines: ResultFormat.ndjson.mediaType
        case .table(let table): table.mediaType
        case .joined(let table): table.mediaType
        }
    }

    /// The bytes of a page; of a table's first page with the header.
    mutating func encode(_ page: ResultPage) -> [UInt8] {
        var output: [UInt8] = []
        if case .joined = form { output.reserveCapacity(Self.joinedBytes(of: page)) }
        var json = JSONWriter(reserving: 0)
        for part in page.parts {
            writeHeader(hasIDs: part.predictions.ids != nil, to: &output)
            var cursor = RowCursor(part)
            for row in part.rows {
                let (values, fault) = cursor.take(row)
                if errorsOnly, fault == nil { continue }
                switch form {
                case .lines(let message): message.write(row, of: part, values, fault, to: &json)
                case .table(let table): table.write(row, of: part, values, fault, to: &output)
                case .joined(let table): table.write(row, of: part, values, fault, to: &output)
                }
            }
        }
        if case .lines = form { return json.bytes }
        return output
    }

    /// About as many bytes as the caller's records take with columns added: an array that grows is copied again and again.
    private static func joinedBytes(of page: ResultPage) -> Int {
        page.parts.reduce(1 << 10) { $0 + ($1.records?.bytes.count ?? 0) + $1.rows.count * 32 }
    }

    /// Writes a page as an array of objects.
    func write(_ page: ResultPage, to json: inout JSONWriter) {
        guard case .lines(let message) = form else { return }
        json.array { json in
            for part in page.parts {
                var cursor = RowCursor(part)
                for row in part.rows {
                    let (values, fault) = cursor.take(row)
                    if errorsOnly, fault == nil { continue }
                    message.writeObject(row, of: part, values, fault, to: &json)
                }
            }
        }
    }

    /// What stands before the first row, and is written once.
    private mutating func writeHeader(hasIDs: Bool, to output: inout [UInt8]) {
        guard !isHeaderWritten else { return }
        isHeaderWritten = true
        switch form {
        case .lines: break
        case .table(let table): table.writeHeader(hasIDs: hasIDs, to: &output)
        case .joined(let table): table.writeHeader(to: &output)
        }
    }

    /// What ends a file: the header of one without rows, and of a whole one what stood behind the caller's last record.
    mutating func finish(tail: [UInt8] = []) -> [UInt8] {
        var output: [UInt8] = []
        writeHeader(hasIDs: false, to: &output)
        return errorsOnly ? output : output + tail
    }
}

/// Finds the values or the fault of a part's rows, which are asked for in order.
struct RowCursor {
    private let predictions: Predictions
    private var fault: Int

    init(_ part: ResultPage.Part) {
        predictions = part.predictions
        var (low, high) = (0, predictions.faults.count)
        while low < high {
            let middle = (low + high) / 2
            if predictions.faults[middle].row < part.rows.lowerBound { low = middle + 1 } else { high = middle }
        }
        fault = low
    }

    /// A row's values, or why it failed.
    mutating func take(_ row: Int) -> (values: ArraySlice<Double>, fault: RowFault?) {
        if fault < predictions.faults.count, predictions.faults[fault].row == row {
            defer { fault += 1 }
            return ([], predictions.faults[fault])
        }
        let start = (row - fault) * predictions.width
        return (predictions.values[start..<start + predictions.width], nil)
    }
}

extension ModelOutput {
    /// The output with another threshold.
    ///
    /// - Throws: ``APIError/invalidParameter(name:expected:)`` when the model's answer does not hang on one.
    func withThreshold(_ threshold: Double?) throws -> ModelOutput {
        guard let threshold else { return self }
        guard labels.count == 2, positiveLabel != nil else {
            throw APIError.invalidParameter(name: "threshold", expected: "left out: this model has no positive label")
        }
        guard hasProbabilities else {
            throw APIError.invalidParameter(
                name: "threshold", expected: "left out: this model gives scores, not probabilities")
        }
        var output = self
        output.threshold = threshold
        return output
    }
}
