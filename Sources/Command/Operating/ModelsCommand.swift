internal import Catalog
internal import Core
internal import Digest
internal import Foundation
internal import Inference
internal import Operations

/// `sibyl models import`: makes a model of the service from the file of a text model.
struct ModelsCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "models", "Makes a model from the ONNX file of a text model, and compares its two engines.",
            operands: ["import", "FILE"],
            options: [
                .init("--name", value: "NAME", "What the model shall be called; needed."),
                .init(
                    "--labels", value: "A,B",
                    "The labels in the order of the probabilities, unless the file names them."),
                .init("--positive-label", value: "LABEL", "The label whose probability is the score."),
                .init("--json", "One JSON object instead of lines."),
            ], settings: [.models, .onnxRuntime])
    }

    /// Bytes of a model's file, which is held in memory.
    private static let mostBytes = 2 << 30

    func run(_ arguments: Arguments) async throws -> Int32 {
        guard arguments.operands.count == 2, arguments.operands[0] == "import", let name = arguments.value("--name")
        else { throw UsageError("Say `sibyl models import FILE --name NAME`.") }
        let values = try ServiceEnvironment.settings(arguments, environment: ProcessInfo.processInfo.environment)
        let folder = values[.models]!
        guard !FileManager.default.fileExists(atPath: "\(folder)/\(name)") else {
            throw UsageError("There is a model `\(name)` already; choose another name.")
        }
        let file = try FileBytes.read(arguments.operands[1], upTo: Self.mostBytes)
        let outline = try TextModelOutline(file, libraryPath: values[.onnxRuntime])
        let model = NewTextModel(
            name: name, input: outline.input, output: outline.output, labels: try labels(arguments, outline),
            positiveLabel: arguments.value("--positive-label"), file: file)
        let found = try add(model, to: folder, libraryPath: values[.onnxRuntime])
        Console.write(arguments.has("--json") ? found.json(of: model) : Array(found.lines(of: model, in: folder).utf8))
        return 0
    }

    private func labels(_ arguments: Arguments, _ outline: TextModelOutline) throws -> [String] {
        let given = arguments.value("--labels").map {
            $0.split(separator: ",").map(String.init)
        }
        if let given, given.count != outline.width {
            throw UsageError("The model gives \(outline.width) values a text; name as many labels.")
        }
        if let labels = given ?? outline.labels { return labels }
        guard outline.width == 1 else {
            throw UsageError("The file does not name its \(outline.width) labels; give them with --labels A,B.")
        }
        return []
    }

    /// Writes a model beside the others, and puts it among them once it has been loaded.
    private func add(_ model: NewTextModel, to folder: String, libraryPath: String?) throws -> ImportedModel {
        // A folder without a manifest of its own is no model: nobody sees this one, even if it is left behind.
        let workshop = "\(folder)/.import-\(ProcessInfo.processInfo.globallyUniqueString)"
        defer { try? FileManager.default.removeItem(atPath: workshop) }  // try? because it may not be there yet
        do {
            try model.write(into: workshop)
        } catch let error as any CodedError {
            throw error
        } catch {
            throw UsageError("Nothing can be written into \(folder); name the folder of models with --models.")
        }
        let loaded = LoadedModels(try Catalog(folder: workshop), libraryPath: libraryPath)
        guard let predictor = loaded.ready.first else {
            throw UsageError(loaded.broken.first?.message ?? "The model could not be loaded.")
        }
        do {
            try FileManager.default.moveItem(atPath: "\(workshop)/\(model.name)", toPath: "\(folder)/\(model.name)")
        } catch {
            throw UsageError("The model cannot be put into \(folder); look who may write there, and that it is new.")
        }
        return ImportedModel(engine: predictor.engine, comparison: loaded.comparisons[predictor.identity])
    }
}

/// How an imported model was found to run.
private struct ImportedModel {
    let engine: InferenceEngine
    /// Nil when the kernel does not know the graph.
    let comparison: EngineComparison?

    func lines(of model: NewTextModel, in folder: String) -> String {
        let answers = model.labels.isEmpty ? "a number" : model.labels.joined(separator: ", ")
        let engine =
            engine.fallbackReason.map { "It runs on ONNX Runtime, which is slow in bulk, because \($0)." }
            ?? "It runs on the fused kernel; \(comparison?.summary ?? "")."
        return """
            \(model.name) \(NewTextModel.version) is in \(folder)/\(model.name): \(answers) for a `text`.
            \(engine)
            To have it checked at each start, add golden rows with the training library's answers to its model.json.
            API and workers know it from their next start on.

            """
    }

    func json(of model: NewTextModel) -> [UInt8] {
        JSONWriter.write { json in
            json.object { json in
                json.member("model", model.name)
                json.member("version", NewTextModel.version)
                json.key("labels")
                json.array { json in for label in model.labels { json.value(label) } }
                json.member("engine", engine.name)
                json.member("fallback", engine.fallbackReason)
                json.key("comparison")
                comparison.map { $0.write(to: &json) } ?? json.null()
            }
            json.newline()
        }
    }
}

extension EngineComparison {
    fileprivate func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("texts", texts)
            json.member("other_labels", otherLabels)
            json.member("other_values", otherValues)
            json.key("greatest_difference")
            json.value(greatestDifference)
        }
    }
}
