internal import Core
internal import Store

/// How results are written for a caller.
enum ResultFormat: String, CaseIterable {
    /// One object with a page of results.
    case json
    /// One object a line.
    case ndjson
    /// A table.
    case csv

    var mediaType: String {
        switch self {
        case .json: "application/json"
        case .ndjson: "application/x-ndjson"
        case .csv: "text/csv; charset=utf-8"
        }
    }
}

/// Writes results line by line, a page at a time.
struct ResultEncoder {
    private let task: PredictionTask
    private let format: ResultFormat
    /// Whether rows that succeeded are left out.
    private let errorsOnly: Bool
    private var table: ResultTableWriter?

    init(_ task: PredictionTask, format: ResultFormat, errorsOnly: Bool) {
        self.task = task
        self.format = format
        self.errorsOnly = errorsOnly
    }

    /// The lines of a page; of a table's first page with the header.
    mutating func encode(_ page: ResultPage) -> [UInt8] {
        var json = JSONWriter(reserving: 1 << 16)
        var csv: [UInt8] = []
        for part in page.parts {
            let cursor = RowCursor(part)
            for row in part.rows {
                let fault = cursor.fault(of: row)
                if errorsOnly, fault == nil { continue }
                if format == .csv {
                    if table == nil { table = ResultTableWriter(task.output, hasIDs: part.predictions.ids != nil) }
                    table!.write(row, of: part, fault: fault, values: cursor.values(of: row), to: &csv)
                } else {
                    PredictionMessage(task: task)
                        .write(part.predictions, rows: row..<row + 1, firstRow: part.firstRow, to: &json)
                    json.newline()
                }
            }
        }
        return format == .csv ? csv : json.bytes
    }

    /// The header of a table of which no row was written.
    func headerIfEmpty() -> [UInt8] {
        guard format == .csv, table == nil else { return [] }
        return ResultTableWriter(task.output, hasIDs: false).header
    }
}

/// Finds the fault or the values of a row of a part.
private struct RowCursor {
    private let predictions: Predictions
    private let faultIndex: [Int: Int]
    private let faultRows: [Int]

    init(_ part: ResultPage.Part) {
        predictions = part.predictions
        faultRows = predictions.faults.map(\.row)
        faultIndex = Dictionary(uniqueKeysWithValues: faultRows.enumerated().map { ($1, $0) })
    }

    func fault(of row: Int) -> RowFault? { faultIndex[row].map { predictions.faults[$0] } }

    /// The values of a row without a fault.
    func values(of row: Int) -> ArraySlice<Float> {
        guard faultIndex[row] == nil else { return [] }
        var (low, high) = (0, faultRows.count)
        while low < high {
            let middle = (low + high) / 2
            if faultRows[middle] < row { low = middle + 1 } else { high = middle }
        }
        let start = (row - low) * predictions.width
        return predictions.values[start..<start + predictions.width]
    }
}

/// Writes results as a table: RFC 4180, CRLF, fields quoted where they must be.
struct ResultTableWriter {
    private let output: ModelOutput
    private let hasIDs: Bool
    private var isHeaderWritten = false

    init(_ output: ModelOutput, hasIDs: Bool) {
        self.output = output
        self.hasIDs = hasIDs
    }

    /// The names of the columns.
    var header: [UInt8] {
        var names = [hasIDs ? "id" : "row"]
        switch output.kind {
        case .classification:
            names += ["prediction"] + (output.positiveLabel == nil ? [] : ["score"]) + ["confidence"] + output.labels
        case .regression: names.append("prediction")
        case .vector: names += (1...output.width).map { "output_\($0)" }
        }
        return Self.line(names + ["error"])
    }

    mutating func write(
        _ row: Int, of part: ResultPage.Part, fault: RowFault?, values: ArraySlice<Float>, to csv: inout [UInt8]
    ) {
        if !isHeaderWritten {
            csv += header
            isHeaderWritten = true
        }
        let id = hasIDs ? part.predictions.ids?[row] ?? "" : "\(part.firstRow + row)"
        let answers = fault == nil ? self.answers(values) : [String](repeating: "", count: answerCount)
        csv += Self.line([id] + answers + [fault.map { "\($0.code.rawValue): \($0.message)" } ?? ""])
    }

    private var answerCount: Int {
        switch output.kind {
        case .classification: output.labels.count + (output.positiveLabel == nil ? 2 : 3)
        case .regression: 1
        case .vector: output.width
        }
    }

    private func answers(_ values: ArraySlice<Float>) -> [String] {
        let numbers = values.map { JSONWriter.shortest($0) }
        guard output.kind == .classification else { return numbers }
        let label = output.label(of: values)
        let score = output.positiveLabel.flatMap(output.labels.firstIndex(of:)).map { [numbers[$0]] } ?? []
        return [output.labels[label]] + score + [numbers[label]] + numbers
    }

    private static func line(_ fields: [String]) -> [UInt8] {
        var line: [UInt8] = []
        for (index, field) in fields.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            let mustQuote = field.utf8.contains { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }
            if mustQuote {
                line.append(0x22)
                for byte in field.utf8 {
                    if byte == 0x22 { line.append(0x22) }
                    line.append(byte)
                }
                line.append(0x22)
            } else {
                line.append(contentsOf: field.utf8)
            }
        }
        return line + [0x0D, 0x0A]
    }
}
