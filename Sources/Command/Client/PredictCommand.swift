internal import Core
internal import Foundation
internal import Operations

/// `sibyl predict`: one prediction, now.
struct PredictCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "predict", "Predicts one row: a text, or JSON as an object or an array of inputs.", operands: ["TEXT|JSON"],
            options: [
                .init("--model", value: "NAME", "The model; without it, `sentiment` for a text."),
                .init("--version", value: "NAME", "A version of it, in place of the default one."),
            ] + ServiceClient.options, settings: ServiceClient.settings)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard let row = arguments.operands.first else { throw UsageError("Give a text, or a row as JSON.") }
        let isJSON = row.hasPrefix("{") || row.hasPrefix("[")
        guard let model = arguments.value("--model") ?? (isJSON ? nil : "sentiment") else {
            throw UsageError("Name the model with --model.")
        }
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("model", model)
                if let version = arguments.value("--version") { json.member("model_version", version) }
                if !isJSON { json.member("text", row) }
            }
        }
        let client = try ServiceClient(arguments)
        let answer = try client.post("/predict", json: isJSON ? Self.inserting(row, into: body) : body)
        if arguments.has("--json") {
            Console.write(answer + [UInt8(ascii: "\n")])
        } else {
            var printer = ResultPrinter()
            Console.write(printer.text(of: [try ResultLine.read(answer)]))
        }
        return 0
    }

    /// Puts the caller's own JSON into the body as it is: the service is the one to judge it.
    private static func inserting(_ row: String, into body: [UInt8]) -> [UInt8] {
        body.dropLast() + Array(",\"\(row.hasPrefix("{") ? "input" : "data")\":\(row)}".utf8)
    }
}
