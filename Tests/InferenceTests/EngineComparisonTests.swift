import Catalog
import Core
import Digest
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Text models that came without golden rows: both engines run them at load, and what differs is counted.
@Suite struct EngineComparisonTests {
    private let workshop = ModelWorkshop()

    /// Loads a small text model of the fixtures.
    ///
    /// - Parameter golden: the member of its version, as JSON with a comma before it; none as third parties send it.
    private func load(_ fixture: String, labels: [String], golden: String = "") throws -> LoadedModels {
        let file = try Self.file(fixture)
        try workshop.writeText(fixture, labels: labels, golden: golden, file: file)
        return LoadedModels(try Catalog(folder: workshop.folder.path), libraryPath: ModelWorkshop.libraryPath)
    }

    private static func file(_ fixture: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: PackageFiles.path("Tests/Fixtures/text/\(fixture).onnx"))))
    }

    @Test func `a text model without golden rows is compared on generated texts, and runs fused when they agree`()
        throws
    {
        let loaded = try load("three_labels", labels: ["high", "low", "middle"])
        #expect(loaded.broken.isEmpty && loaded.ready.map(\.engine) == [.fused])
        let comparison = try #require(loaded.comparisons.values.first)
        #expect(comparison.texts == 1_000 && comparison.isAgreement)
        #expect(comparison.otherLabels == 0 && comparison.otherValues == 0)
        #expect(comparison.greatestDifference > 0 && comparison.greatestDifference < 1e-5)
    }

    /// The converter writes ln(1 + n) where scikit-learn has 1 + ln(n).
    @Test func `a text model of which the engines disagree is left to ONNX Runtime, with what was counted`() throws {
        let loaded = try load("sublinear", labels: ["high", "low", "middle"])
        let comparison = try #require(loaded.comparisons.values.first)
        #expect(comparison.otherLabels > 10 && comparison.otherValues > 500 && !comparison.isAgreement)
        let reason = try #require(loaded.ready.first?.engine.fallbackReason)
        #expect(reason.hasPrefix("no golden rows tell which answers are right"))
        #expect(reason.contains("\(comparison.otherLabels) labels differ"))
    }

    @Test func `golden rows are the judge, and nothing is compared where they are`() throws {
        let text = "good good good, bad"
        let answers = try answers(to: text, of: load("sublinear", labels: ["high", "low", "middle"]))
        let label = ["high", "low", "middle"][answers.indices.max { answers[$0] < answers[$1] }!]
        // ONNX Runtime's own answer: the kernel has another.
        let golden = """
            , "golden": {"tolerance": 1e-6, "rows": [
              {"input": {"text": "\(text)"}, "prediction": "\(label)", "probabilities": \(answers)}]}
            """
        let loaded = try load("sublinear", labels: ["high", "low", "middle"], golden: golden)
        #expect(loaded.comparisons.isEmpty && loaded.broken.isEmpty)
        let reason = try #require(loaded.ready.first?.engine.fallbackReason)
        #expect(reason.hasPrefix("the kernel fails its own test at golden row 0: the value of `"))
        #expect(reason.contains("was expected (off by "))
    }

    private func answers(to text: String, of loaded: LoadedModels) throws -> [Double] {
        let rows = Rows(count: 1, columns: [.text(TextColumn([text]))])
        return try #require(loaded.ready.first).predict(rows).values
    }

    @Test func `generated texts are made of a model's words and pairs, in any case, and always the same`() throws {
        let file = try Self.file("three_labels")
        let graph = try TextGraph(OnnxGraph(file), input: "text", output: "probabilities")
        var first = GeneratedTexts(of: graph, in: file)
        var second = GeneratedTexts(of: graph, in: file)
        let texts = first.make(200)
        #expect(texts == second.make(200))
        let all = String(decoding: texts.bytes, as: UTF8.self)
        for term in graph.terms {
            let words = [term.first] + [term.second].compactMap(\.self)
            let written = words.map { String(decoding: file[$0], as: UTF8.self) }.joined(separator: " ")
            #expect(all.contains(written), "\(written)")
        }
        #expect(all.contains("GOOD") && all.contains("日本語"))
        #expect(Set((0..<200).map { texts[$0] }).count == 200)
    }

    // MARK: What a file says of itself

    @Test(arguments: [
        ("three_labels", 3, ["high", "low", "middle"]), ("two_labels", 2, ["0", "1"]),
        ("one_against_rest", 3, ["high", "low", "middle"]), ("regression", 1, nil), ("margins_two", 1, ["0", "1"]),
        ("margins_hinge", 2, ["0", "1"]), ("margins_three", 3, ["high", "low", "middle"]),
        ("two_against_rest", 2, ["even", "odd"]), ("four_rows", 3, ["high", "low", "middle"]),
    ])
    func `a text model's file names its tensors and labels`(fixture: String, width: Int, labels: [String]?) throws {
        let outline = try TextModelOutline(Self.file(fixture), libraryPath: ModelWorkshop.libraryPath)
        #expect(outline.input == "text" && outline.width == width && outline.labels == labels)
        #expect(outline.output == (fixture == "regression" ? "variable" : "probabilities"))
    }

    @Test func `a file that is no text model cannot be imported, and the reason is told`() throws {
        func reason(_ file: [UInt8]) -> String {
            let error = #expect(throws: InferenceError.self) {
                try TextModelOutline(file, libraryPath: ModelWorkshop.libraryPath)
            }
            return error?.message ?? ""
        }
        #expect(
            reason(Array("not a model".utf8)).hasPrefix("The file cannot be imported: ONNX Runtime cannot read it ("))
        #expect(reason(OnnxFile(operation: "Relu").bytes).contains("does not take one column of texts"))
    }

    // MARK: Locales

    @Test func `a model with the converter's own choices runs on a machine without its locale, on both engines`() throws
    {
        let loaded = try load("converter_defaults", labels: ["high", "low", "middle"])
        #expect(loaded.broken.isEmpty && loaded.ready.map(\.engine) == [.fused])
        #expect(loaded.comparisons.values.first?.otherValues == 0)
        let catalog = try Catalog(folder: workshop.folder.path)
        let unfused = LoadedModels(catalog, libraryPath: ModelWorkshop.libraryPath, usesKernel: false)
        #expect(try answers(to: "GOOD Book", of: unfused) == answers(to: "good book", of: unfused))
    }

    @Test func `a missing English locale gives way to one that is always there, and nothing else changes`() throws {
        func normalizer(_ attributes: [OnnxFile.Attribute]) -> [UInt8] {
            OnnxFile(
                operation: "StringNormalizer", attributes: [.text("case_change_action", "LOWER")] + attributes,
                from: .string, to: .string
            ).bytes
        }
        let given = normalizer([.text("locale", "en_XX.UTF-8"), .integer("is_case_sensitive", 1)])
        let graph = try OnnxGraph(ModelLocale.suited(given))
        let node = try #require(graph.nodes.first)
        #expect(try graph.text("locale", of: node) == "C.UTF-8")
        #expect(try graph.text("case_change_action", of: node) == "LOWER")
        #expect(try graph.integer("is_case_sensitive", of: node) == 1)
        #expect(node.kind == "StringNormalizer" && node.inputs == ["x"] && node.outputs == ["y"])
        // Other letters than English ones: no other locale stands for it.
        let turkish = normalizer([.text("locale", "tr_XX.UTF-8")])
        #expect(ModelLocale.suited(turkish) == turkish)
        let broken = Array(given.dropLast(3))
        #expect(ModelLocale.suited(broken) == broken)
    }
}
