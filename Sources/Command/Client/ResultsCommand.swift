internal import Core
internal import Foundation
internal import Operations

/// `sibyl results`: the predictions of a task, in the order of its rows, as far as they are there.
struct ResultsCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "results", "Prints a task's predictions.", operands: ["ID|@last"],
            options: [.init("--limit", value: "N", "At most so many rows.")] + ServiceClient.options,
            settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let client = try ServiceClient(arguments)
        let id = try LastTask.id(arguments)
        var left = try arguments.integer("--limit", in: 1...Int.max) ?? .max
        var cursor = ""
        while left > 0 {
            let limit = min(left, 1_000)
            let bytes = try client.get("/predict/async/\(id)/results?limit=\(limit)\(cursor)")
            let page = try ResultsAnswer(bytes)
            if arguments.has("--json") {
                Console.write(bytes + [UInt8(ascii: "\n")])
            } else {
                for row in page.results { Console.write(row.line) }
            }
            left -= page.results.count
            guard let next = page.next_cursor, page.results.count == limit else { return 0 }
            cursor = "&cursor=\(next)"
        }
        return 0
    }
}

/// A page of results: what a person reads of it.
struct ResultsAnswer: Decodable {
    struct Row: Decodable {
        struct Failure: Decodable {
            var message: String
        }

        /// A label or a number.
        enum Answer: Decodable {
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

        var row: Int
        var id: String?
        var prediction: Answer?
        var confidence: Double?
        var output: [Double]?
        var error: Failure?

        /// The row on a line of its own, in columns.
        var line: String {
            let answer =
                switch prediction {
                case .label(let label): label
                case .number(let number): "\(number)"
                case nil: error.map { "failed: \($0.message)" } ?? output.map { "\($0)" } ?? ""
                }
            let sureness = confidence.map { String(format: "%.3f", $0) } ?? ""
            return "\(row)\t\(id ?? "")\t\(answer)\t\(sureness)\n"
        }
    }

    var results: [Row]
    var next_cursor: String?

    init(_ bytes: [UInt8]) throws {
        do {
            self = try JSONDecoder().decode(ResultsAnswer.self, from: Data(bytes))
        } catch {
            throw ClientError(
                code: .unreachable, message: "Something answers there, but not like Sibyl; check --url.", exitCode: 69)
        }
    }
}
