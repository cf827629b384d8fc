internal import Core
internal import HTTP
internal import Foundation
internal import Operations

/// `sibyl compare`: what two tasks answer for the same rows.
struct CompareCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "compare", "Compares two tasks' predictions for the same rows.", operands: ["A", "B"],
            options: ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard arguments.operands.count == 2 else { throw UsageError("Name two tasks by their ids.") }
        let ids = try arguments.operands.map { try LastTask.id(named: $0) }
        // The service reads all results before it answers.
        let bytes = try ServiceClient(arguments)
            .send(.get, "\(TaskPath(id: ids[0]).task)/compare/\(ids[1])", deadline: nil).body
        Console.write(
            arguments.has("--json") ? bytes + [UInt8(ascii: "\n")] : Array(try ComparisonAnswer.read(bytes).text.utf8))
        return 0
    }
}

/// A comparison as the service answers it.
struct ComparisonAnswer: Decodable {
    struct Transition: Decodable {
        var from: String
        var to: String
        var rows: Int
    }

    struct Output: Decodable {
        var name: String
        var mean_a: Double
        var mean_b: Double
        var mean_absolute_shift: Double
        var greatest_shift: Double
    }

    var model_version_a: String
    var model_version_b: String
    var rows: Int
    var compared: Int
    var failed_in_one: Int
    var changed: Int?
    var changed_share: Double?
    var transitions: [Transition]?
    var outputs: [Output]

    var text: String {
        var lines = [
            ("versions", "\(model_version_a) → \(model_version_b)"),
            ("rows", "\(rows): \(compared) compared, \(failed_in_one) failed in one of the two"),
        ]
        if let changed, let changed_share {
            lines.append(("changed", "\(changed) (\(String(format: "%.2f", changed_share * 100)) %)"))
        }
        lines += (transitions ?? []).map { ("", "\($0.from) → \($0.to): \($0.rows)") }
        lines += outputs.map { output in
            let means = String(format: "%.4g → %.4g", output.mean_a, output.mean_b)
            let shift = String(format: "%.2g a row, %.2g at most", output.mean_absolute_shift, output.greatest_shift)
            return ("mean", "\(output.name): \(means), moved \(shift)")
        }
        return Columns.lines(lines)
    }
}
