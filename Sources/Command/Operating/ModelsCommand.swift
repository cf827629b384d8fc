internal import Catalog
internal import Core
internal import Foundation
internal import Inference
internal import Operations

/// `sibyl models import`: makes a model of the service from the file of a text model.
struct ModelsCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "models", "Makes a model from the ONNX file of a text model, and checks its answers.",
            operands: ["import", "FILE"],
            options: [
                .init("--name", value: "NAME", "Name of the new model; required."),
                .init(
                    "--labels", value: "A,B",
                    "The labels in the order of the probabilities, unless the file names them."),
                .init("--positive-label", value: "LABEL", "The label whose probability is the score."),
                .init(
                    "--golden", value: "FILE",
                    "Rows with the training library's answers, checked on every engine; some are kept in the manifest. "
                        + "CSV, NDJSON or a JSON array with `text`, `prediction` (the label or number) and, if known, a "
                        + "column for each label with its probability."),
                .init(
                    "--scores",
                    "Accept scores such as margins in place of probabilities: answers have a label and no confidence."),
                .init("--json", "One JSON object instead of lines."),
            ], settings: [.models, .onnxRuntime, .trialMegabytes, .trialSeconds])
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard arguments.operands.count == 2, arguments.operands[0] == "import", let name = arguments.value("--name")
        else { throw UsageError("Say `sibyl models import FILE --name NAME`.") }
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        let work = ModelImport(
            folder: values[.models]!, libraryPath: values[.onnxRuntime],
            trial: ModelTrial(values, clock: SteadyClock { .monotonic }))
        let model = try work.run(
            .init(
                name: name, file: arguments.operands[1],
                labels: arguments.value("--labels")?.split(separator: ",").map(String.init),
                positiveLabel: arguments.value("--positive-label"), golden: arguments.value("--golden"),
                acceptsScores: arguments.has("--scores")))
        Console.write(arguments.has("--json") ? model.json : Array(model.lines(in: work.folder).utf8))
        return 0
    }
}
