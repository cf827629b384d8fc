internal import Core
internal import Foundation
internal import Intake

/// The columns of a file of golden rows: those of the inputs, and the answers, which are read as if they were inputs too.
struct GoldenColumns {
    private let output: ModelOutput
    private let inputCount: Int
    private let signature: Signature
    /// The labels whose values may have columns; empty where a label is called like another column.
    private let labels: [String]

    private static let prediction = "prediction"

    init(signature: Signature, output: ModelOutput) {
        self.output = output
        inputCount = signature.inputs.count
        let names = Set(signature.inputs.map(\.name) + [Self.prediction])
        labels = output.labels.contains(where: names.contains) ? [] : output.labels
        let prediction = ModelInput(
            name: Self.prediction, kind: output.kind == .classification ? .string : .double,
            missing: output.kind == .classification ? .text("") : .error)
        let values = labels.map { ModelInput(name: $0, kind: .double, missing: .notANumber) }
        self.signature = Signature(inputs: signature.inputs + [prediction] + values)
    }

    func scan(_ bytes: [UInt8]) throws -> Rows {
        let start = bytes.first { !$0.isBlank }
        switch start {
        case UInt8(ascii: "["): return try scan(try Self.decode([JSONValue].self, bytes[...], "it"))
        case UInt8(ascii: "{"):
            let lines = bytes.split(separator: UInt8(ascii: "\n")).filter { !$0.allSatisfy(\.isBlank) }
            return try scan(try lines.enumerated().map { try Self.decode(JSONValue.self, $1, "row \($0)") })
        default: return try scanTable(bytes)
        }
    }

    private func scanTable(_ bytes: [UInt8]) throws -> Rows {
        var scanner = CSVScanner(signature: signature)
        var builder = RowsBuilder(signature: signature, chunkRows: Limits.goldenFileRows + 1, chunkBytes: 1 << 30)
        let chunks = try scanner.scanAll(bytes, into: &builder)
        return try checked(chunks.first ?? builder.take(), isWhole: chunks.count < 2)
    }

    private func checked(_ rows: Rows, isWhole: Bool) throws -> Rows {
        guard isWhole, rows.count <= Limits.goldenFileRows else {
            throw GoldenFile.Refused(reason: "it has more than \(Limits.goldenFileRows) rows; leave some out")
        }
        return rows
    }

    // MARK: JSON

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: ArraySlice<UInt8>, _ subject: String
    ) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw GoldenFile.Refused(reason: "\(subject) is not JSON as RFC 8259 has it; write null for NaN")
        }
    }

    /// Goes through the scanner that callers' rows go through: one reading of a row everywhere.
    private func scan(_ values: [JSONValue]) throws -> Rows {
        let array = JSONWriter.write { json in
            json.array { json in for value in values { row(value).write(to: &json) } }
        }
        return try checked(
            try JSONRows.scan(array: array, for: signature, limit: Limits.goldenFileRows), isWhole: true)
    }

    /// A row with the members that are asked for, each at its own name.
    private func row(_ value: JSONValue) -> JSONValue {
        guard case .object(let members) = value else { return value }
        var all = members
        for name in ["input", "probabilities", "scores"] where !signature.inputs.contains(where: { $0.name == name }) {
            switch members[name] {
            case .object(let inner): all.merge(inner) { outer, _ in outer }
            case .array(let numbers) where name != "input" && numbers.count == output.labels.count:
                all.merge(zip(output.labels, numbers)) { outer, _ in outer }
            default: break
            }
        }
        var row: [String: JSONValue] = [:]
        for input in signature.inputs { row[input.name] = all[input.name] }
        if output.kind == .classification, let prediction = row[Self.prediction] {
            row[Self.prediction] = prediction.asLabel
        }
        return .object(row)
    }

    // MARK: Answers

    /// The labels, and the values where they are known, of rows without faults.
    func answers(in rows: Rows) throws -> (labels: [String], answers: [[Double]]) {
        guard output.kind == .classification else {
            return ([], (0..<rows.count).map { [rows.columns[inputCount].number(at: $0)] })
        }
        let columns = rows.columns.suffix(labels.count)
        let answers = try (0..<rows.count).map { row in
            let values = columns.map { $0.number(at: row) }
            if values.allSatisfy(\.isNaN) { return [Double]() }
            guard !values.contains(where: \.isNaN) else {
                throw GoldenFile.Refused(
                    reason: "row \(row) has a value for some labels only; give one for each, or none")
            }
            return values
        }
        guard case .text(let predictions) = rows.columns[inputCount] else { return ([], answers) }
        return (try answers.indices.map { try label(predictions[$0], answers[$0], row: $0) }, answers)
    }

    private func label(_ prediction: String, _ answer: [Double], row: Int) throws -> String {
        if prediction.isEmpty {
            guard !answer.isEmpty else {
                throw GoldenFile.Refused(
                    reason:
                        "row \(row) has no answer: give `prediction`, or a column for each label (\(Self.list(output)))"
                )
            }
            // The file does not tell what its numbers were computed in; most models answer in 32 bits.
            return output.labels[output.label(of: answer[...], in: .single)]
        }
        guard
            let label = output.labels.first(where: { $0 == prediction })
                ?? output.labels.first(where: { Self.isSame($0, prediction) })
        else {
            throw GoldenFile.Refused(reason: "row \(row): its prediction is none of the labels (\(Self.list(output)))")
        }
        return label
    }

    private static func list(_ output: ModelOutput) -> String {
        output.labels.prefix(Limits.listedNames).map { "`\($0)`" }.joined(separator: ", ")
    }

    /// Libraries write the label 1 as 1, 1.0 or True.
    private static func isSame(_ label: String, _ text: String) -> Bool {
        guard let one = number(label), let other = number(text) else { return false }
        return one == other
    }

    private static func number(_ text: String) -> Double? {
        switch text.lowercased() {
        case "true": 1
        case "false": 0
        default: Double(text)
        }
    }
}

extension UInt8 {
    /// Blank, or a byte of the mark that some programs put first.
    fileprivate var isBlank: Bool { [0x20, 0x09, 0x0A, 0x0D, 0xEF, 0xBB, 0xBF].contains(self) }
}

extension Column {
    fileprivate func number(at row: Int) -> Double {
        switch self {
        case .float(let values): Double(values[row])
        case .double(let values): values[row]
        case .int(let values): Double(values[row])
        case .text: .nan
        }
    }
}

extension JSONValue {
    /// A label as a text: libraries also write whole numbers and truth.
    fileprivate var asLabel: JSONValue {
        switch self {
        case .number(let number): .string(Int64(exactly: number).map(String.init) ?? "\(number)")
        case .bool(let flag): .string(flag ? "true" : "false")
        default: self
        }
    }
}
