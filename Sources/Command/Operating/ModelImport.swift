internal import Catalog
internal import Core
internal import Digest
internal import Foundation
internal import Inference
internal import Operations

/// Puts a file among the models of a folder, once it has been loaded and its answers were looked at.
struct ModelImport {
    let folder: String
    let libraryPath: String?
    let trial: ModelTrial

    /// What shall be imported.
    struct Wish {
        let name: String
        let file: String
        /// Nil for those that the file names.
        let labels: [String]?
        let positiveLabel: String?
        /// The file of rows with the library's answers.
        let golden: String?
        let acceptsScores: Bool
    }

    /// Bytes of a model's file, which is held in memory.
    static let mostBytes = 2 << 30

    /// - Throws: ``UsageError`` and other errors with a code; nothing is left behind then.
    func run(_ wish: Wish) throws -> ImportedModel {
        guard !FileManager.default.fileExists(atPath: "\(folder)/\(wish.name)") else {
            throw UsageError("There is a model `\(wish.name)` already; choose another name.")
        }
        let file = try FileBytes.read(wish.file, upTo: Self.mostBytes)
        try trial.pass(file: wish.file)
        let outline = try TextModelOutline(file, libraryPath: libraryPath)
        var model = NewTextModel(
            name: wish.name, input: outline.input, output: outline.output, labels: try labels(wish, outline),
            givesScores: wish.acceptsScores, positiveLabel: wish.positiveLabel, file: file)
        // A folder without a manifest of its own is no model: nobody sees this one, even if it is left behind.
        let workshop = "\(folder)/.import-\(ProcessInfo.processInfo.globallyUniqueString)"
        defer { try? FileManager.default.removeItem(atPath: workshop) }  // try? because it may not be there yet
        try write(model, into: workshop)
        _ = try trial.in(workshop).pass(Catalog(folder: workshop).resolve(model: model.name, version: nil))
        let comparison = try wish.golden.map { try compare(&model, outline, with: $0, in: workshop) }
        if comparison != nil { try write(model, into: workshop) }
        let imported = try load(model, outline, comparison, from: workshop)
        do {
            try FileManager.default.moveItem(atPath: "\(workshop)/\(model.name)", toPath: "\(folder)/\(model.name)")
        } catch {
            throw UsageError(
                "The model could not be moved into \(folder). Check its write permission, and that no model of this name exists."
            )
        }
        return imported
    }

    private func labels(_ wish: Wish, _ outline: TextModelOutline) throws -> [String] {
        if let given = wish.labels {
            guard outline.suits(given) else {
                throw UsageError("The model gives \(outline.width) values a text; name as many labels.")
            }
            return given
        }
        if let labels = outline.labels { return labels }
        guard outline.width == 1 else {
            throw UsageError("The file does not name its \(outline.width) labels; give them with --labels A,B.")
        }
        guard !wish.acceptsScores else {
            throw UsageError("--scores is for classifiers, and the file names no labels; give two with --labels A,B.")
        }
        return []
    }

    private func write(_ model: NewTextModel, into workshop: String) throws {
        do {
            try model.write(into: workshop)
        } catch let error as any CodedError {
            throw error
        } catch {
            throw UsageError("Nothing can be written into \(folder); name the folder of models with --models.")
        }
    }

    /// Compares all golden rows on every engine, and gives the model some of them.
    private func compare(
        _ model: inout NewTextModel, _ outline: TextModelOutline, with path: String, in workshop: String
    ) throws -> GoldenComparison {
        let resolved = try Catalog(folder: workshop).resolve(model: model.name, version: nil)
        let golden = try GoldenFile(
            FileBytes.read(path, upTo: Limits.goldenFileBytes), signature: resolved.signature, output: resolved.output
        ).rows
        let comparison = try GoldenComparison(golden, of: resolved, libraryPath: libraryPath)
        guard comparison.isPassed else {
            let found = comparison.verdicts.map { "\($0.engine): \($0.summary)" }.joined(separator: "; ")
            throw UsageError(
                (["The model does not answer as its library does. \(found)."] + outline.patternHints).joined(
                    separator: " "))
        }
        guard
            let kept = try golden.kept(
                of: comparison.shown(Limits.keptGoldenRows), signature: resolved.signature, output: resolved.output)
        else {
            throw UsageError(
                "Each golden row is larger than \(Limits.keptGoldenBytes) bytes, and a manifest has no room for it; give rows "
                    + "with shorter texts.")
        }
        model.golden = kept
        return comparison
    }

    private func load(
        _ model: NewTextModel, _ outline: TextModelOutline, _ golden: GoldenComparison?, from workshop: String
    ) throws -> ImportedModel {
        let loaded = LoadedModels(try Catalog(folder: workshop), libraryPath: libraryPath)
        guard let predictor = loaded.ready.first else {
            throw UsageError(loaded.broken.first?.message ?? "The model could not be loaded.")
        }
        let resolved = try Catalog(folder: workshop).resolve(model: model.name, version: nil)
        return ImportedModel(
            model: model, outline: outline, engine: predictor.engine, warning: predictor.warning,
            scoresAreProbabilities: try predictor.looksLikeProbabilities(resolved, file: model.file),
            comparison: loaded.comparisons[predictor.identity], golden: golden)
    }
}
