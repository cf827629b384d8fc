internal import Core
internal import Foundation
internal import Intake

/// A scanner that can tell how its stream is written: to callers, and to whoever goes on with it later.
protocol StreamScanner: RowScanner {
    /// How the stream is written, as callers see it; nil until that is known.
    func writeFormat(of signature: Signature, to json: inout JSONWriter)
    /// What a scanner needs to go on behind the rows that were taken; nil until that is known.
    func resumption(atLine line: Int) throws -> String?
    /// What the caller should know of the stream as a whole.
    func warnings(for signature: Signature) -> [InputWarning]
    /// Why an input that was read to its end has no rows.
    var emptiness: IntakeError { get }
}

/// Something that is no error and may yet be a slip.
struct InputWarning: Equatable {
    let code: String
    let message: String

    /// No worker serves the model version of rows that wait.
    static func stranded(_ model: ModelIdentity) -> InputWarning {
        InputWarning(
            code: "model_unserved",
            message:
                "No worker serves `\(model.model)` \(model.version) as it was when the task was accepted; its rows "
                + "wait until one does, or until the operator runs them elsewhere.")
    }

    /// The warnings as JSON; nil when there are none.
    static func text(_ warnings: [InputWarning]) -> String? {
        if warnings.isEmpty { return nil }
        let bytes = JSONWriter.write { json in
            json.array { json in
                for warning in warnings {
                    json.object { json in
                        json.member("code", warning.code)
                        json.member("message", warning.message)
                    }
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension CSVScanner: StreamScanner {
    func writeFormat(of signature: Signature, to json: inout JSONWriter) {
        guard let format, let mapping else { return json.null() }
        json.object { json in
            json.member("type", "csv")
            json.member("delimiter", format.delimiter.rawValue)
            json.member("decimal", format.decimal.rawValue)
            json.member("thousands", format.thousands.rawValue)
            json.member("encoding", format.encoding.rawValue)
            json.member("booleans", format.booleans)
            json.key("columns")
            json.object { json in
                for (input, column) in zip(signature.inputs, mapping.columnOfInput) {
                    json.key(escaping: input.name)
                    json.value(column.map { mapping.columns[$0] })
                }
            }
            json.member("id_column", mapping.idColumn.map { mapping.columns[$0] })
        }
    }

    func resumption(atLine line: Int) throws -> String? {
        guard var resumption else { return nil }
        resumption.nextLine = line
        return String(decoding: try JSONEncoder().encode(resumption), as: UTF8.self)
    }

    func warnings(for signature: Signature) -> [InputWarning] {
        var warnings = (mapping?.absentInputs(of: signature) ?? []).map {
            InputWarning(
                code: "absent_input",
                message:
                    "The table has no column for `\($0.name)`, so that it is missing in every row: \($0.missing.words). "
                    + "If it has one under another name, say `map.\($0.name)=COLUMN`.")
        }
        if blankLines.count > 0 {
            let count = blankLines.count == 1 ? "1 blank line was" : "\(blankLines.count) blank lines were"
            warnings.append(
                InputWarning(
                    code: "blank_lines",
                    message: "\(count) skipped, the first of them line \(blankLines.firstLine)."))
        }
        return warnings
    }
}

extension NDJSONScanner: StreamScanner {
    /// Where lines of JSON go on.
    struct Resumption: Codable {
        let nextLine: Int
    }

    func writeFormat(of signature: Signature, to json: inout JSONWriter) {
        json.object { $0.member("type", "ndjson") }
    }

    func resumption(atLine line: Int) throws -> String? {
        String(decoding: try JSONEncoder().encode(Resumption(nextLine: line)), as: UTF8.self)
    }

    func warnings(for signature: Signature) -> [InputWarning] { [] }

    var emptiness: IntakeError { .noRows }
}

/// The formats in which a stream of rows may come.
enum StreamFormat: String, CaseIterable {
    case csv
    case ndjson

    /// The format of a media type; nil for any other.
    init?(mediaType: String?) {
        switch mediaType {
        case "text/csv": self = .csv
        case "application/x-ndjson", "application/jsonl": self = .ndjson
        default: return nil
        }
    }

    /// The format of a file, by its media type or else by the ending of its name.
    init?(mediaType: String?, fileName: String?) {
        if let format = StreamFormat(mediaType: mediaType) {
            self = format
            return
        }
        switch fileName?.split(separator: ".").last?.lowercased() {
        case "csv", "tsv", "txt": self = .csv
        case "ndjson", "jsonl": self = .ndjson
        default: return nil
        }
    }

    var mediaType: String {
        switch self {
        case .csv: "text/csv"
        case .ndjson: "application/x-ndjson"
        }
    }

    var isTable: Bool { self == .csv }
}
