internal import Core
internal import Foundation

/// One result as the service answers it: what a person reads of it.
struct ResultLine: Decodable {
    struct Failure: Decodable {
        var message: String
    }

    /// A label or a number.
    enum Prediction: Decodable {
        case label(String)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let label = try? container.decode(String.self) {  // try? because it may be a number
                self = .label(label)
            } else {
                self = .number(try container.decode(Double.self))
            }
        }
    }

    /// Nil where other fields were asked for, and in the answer of a single prediction.
    var row: Int?
    var id: String?
    var prediction: Prediction?
    var confidence: Double?
    var output: [Double]?
    var error: Failure?

    /// The answer and how sure the model is of it, in columns.
    var answer: String {
        let answer =
            switch prediction {
            case .label(let label): label
            case .number(let number): "\(number)"
            case nil: error.map { "failed: \($0.message)" } ?? output.map { "\($0)" } ?? ""
            }
        return answer + "\t" + (confidence.map { String(format: "%.3f", $0) } ?? "")
    }

    /// The row on a line of its own, in columns.
    var line: String { "\(row.map(String.init) ?? "")\t\(id ?? "")\t\(answer)\n" }
}

/// Prints lines of JSON, as they come in pieces, as lines for people.
struct ResultPrinter {
    /// What came after the last line end; a line is bounded by the service's own bounds.
    private var rest: [UInt8] = []

    mutating func take(_ bytes: [UInt8]) throws {
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let lines = rest[..<end].split(separator: UInt8(ascii: "\n"))
        let text = try lines.map { try ResultLine.read(Array($0)).line }.joined()
        rest.removeFirst(end + 1)
        try Console.stream(Array(text.utf8))
    }
}
