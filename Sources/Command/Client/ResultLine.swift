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
    var score: Double?
    var confidence: Double?
    var output: [Double]?
    var error: Failure?

    /// What the model answers, or why it does not.
    private var answer: String {
        switch prediction {
        case .label(let label): label
        case .number(let number): "\(number)"
        case nil: error.map { "failed: \($0.message)" } ?? output.map { "\($0)" } ?? ""
        }
    }

    /// The columns for a person or a program: whose row, what the model answers, and the number by which one sorts, the score,
    /// or the confidence where there is none.
    ///
    /// - Parameter digits: digits behind the point; nil for all there are.
    func cells(digits: Int?) -> [String] {
        let number = (score ?? confidence).map { number in
            digits.map { String(format: "%.\($0)f", number) } ?? "\(number)"
        }
        return [id ?? row.map(String.init), answer, number ?? ""].compactMap(\.self).map(Self.onOneLine)
    }

    /// The same on one line, for where rows are few.
    var line: String { cells(digits: 4).joined(separator: "\t") }

    /// What the columns are.
    var heads: [String] {
        let name = id != nil ? "id" : row != nil ? "row" : nil
        return [name, "prediction", score != nil ? "score" : confidence != nil ? "confidence" : ""].compactMap(\.self)
    }

    /// A text whose control characters neither end a line or a column, nor speak to a terminal.
    private static func onOneLine(_ text: String) -> String {
        var line = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\t": line += "\\t"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case _ where scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value): line += "\u{FFFD}"
            default: line.unicodeScalars.append(scalar)
            }
        }
        return line
    }
}

/// Prints lines of JSON, as they come in pieces: on a terminal as columns under a header, else as fields between tabs
/// without one.
struct ResultPrinter {
    private let isTerminal: Bool
    /// What came after the last line end; a line is bounded by the service's own bounds.
    private var rest: [UInt8] = []
    /// The columns' widths, decided by the first rows.
    private var widths: [Int]?

    init(isTerminal: Bool = Console.isTerminal) { self.isTerminal = isTerminal }

    mutating func take(_ bytes: [UInt8]) throws {
        rest += bytes
        guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { return }
        let rows = try rest[..<end].split(separator: UInt8(ascii: "\n")).map { try ResultLine.read(Array($0)) }
        rest.removeFirst(end + 1)
        try Console.stream(Array(text(of: rows).utf8))
    }

    /// The rows as they are printed, with the header before the first.
    mutating func text(of rows: [ResultLine]) -> String {
        guard isTerminal else { return rows.map { $0.cells(digits: nil).joined(separator: "\t") + "\n" }.joined() }
        var lines = rows.map { $0.cells(digits: 4) }
        // A row that failed has no number, and a sentence where others have a word.
        let measured = rows.prefix(Self.measuredRows).filter { $0.error == nil }
        if widths == nil, let head = (measured.first ?? rows.first)?.heads {
            lines.insert(head, at: 0)
            widths = head.indices.map { column in
                ([head] + measured.map { $0.cells(digits: 4) }).map { $0.dropFirst(column).first?.count ?? 0 }.max()
                    ?? 0
            }
        }
        return lines.map { padded($0) + "\n" }.joined()
    }

    /// Rows by which columns are measured.
    private static let measuredRows = 1_000
    /// A column is no wider than this, so that one long text does not push the rest out of sight.
    private static let widest = 40

    private func padded(_ cells: [String]) -> String {
        let last = cells.count - 1
        return cells.enumerated().map { index, cell in
            let width = min(widths?.dropFirst(index).first ?? 0, Self.widest)
            return index == last ? cell : cell + String(repeating: " ", count: max(0, width - cell.count) + 2)
        }.joined()
    }
}
