import Catalog
import Core
import Digest
import Foundation
import TestSupport
import Testing

@testable import Inference

/// What a manifest calls probabilities must be some; margins are scores.
@Suite struct ProbabilityTests {
    private let workshop = ModelWorkshop()

    /// Loads a classifier whose values are its inputs.
    ///
    /// - Parameters:
    ///   - gives: `probabilities` or `scores`.
    ///   - golden: for each golden row its values and its label.
    private func load(
        _ gives: String, labels: [String] = ["no", "yes"], golden: [([Float], String)], columns: Int = 2
    ) throws -> OnnxPredictor {
        let file = OnnxFile(operation: "Identity", columns: columns)
        let inputs = (0..<columns).map { #"{"name": "x\#($0)", "tensor": "x", "column": \#($0), "type": "float"}"# }
        let rows = golden.map { #"{"input": \#($0), "prediction": "\#($1)"}"# }
        let names = labels.map { "\"\($0)\"" }
        try workshop.write(
            "made",
            manifest: """
                {"name": "made", "task": "classification", "inputs": [\(inputs.joined(separator: ", "))],
                 "outputs": {"labels": [\(names.joined(separator: ", "))], "\(gives)": "y"}, "default_version": "v1",
                 "versions": [{"version": "v1", "state": "active",
                   "files": {"model.onnx": {"sha256": "\(SHA256.hex(of: file.bytes))", "bytes": 1}},
                   "golden": {"tolerance": 1e-3, "rows": [\(rows.joined(separator: ", "))]}}]}
                """, file: file.bytes)
        return try workshop.load("made")
    }

    @Test(
        arguments: [
            (
                2, [([-0.5, 0.5], "yes"), ([5.25, -5.25], "no")], "between -5.25 and 5.25, and those of a row add up to"
            ),
            (2, [([0.9, 0.9], "no")], "add up to between 1.8 and 1.8"),
            (2, [([0.2, 0.3], "yes")], "between 0.5 and 0.5"),
            (1, [([-0.75], "no"), ([1.5], "yes")], "over 2 rows its values lie between -0.75 and 1.5, where"),
        ] as [(Int, [([Float], String)], String)])
    func `margins that are called probabilities are refused, with what was found and how to convert`(
        columns: Int, golden: [([Float], String)], found: String
    ) throws {
        let error = #expect(throws: InferenceError.self) {
            try load("probabilities", golden: golden, columns: columns)
        }
        #expect(error?.code == .modelInvalid)
        let message = try #require(error?.message)
        #expect(message.contains(found), "\(message)")
        #expect(message.contains("CalibratedClassifierCV") && message.contains("`scores` in place of `probabilities`"))
    }

    @Test func `the same margins are served as scores, by the greatest`() throws {
        let two = try load("scores", golden: [([-0.5, 0.5], "yes"), ([5.25, -5.25], "no")])
        let answers = try two.predict(workshop.rows("[1, 7]\n[3, 2]"))
        #expect(answers.values == [1, 7, 3, 2] && answers.faults.isEmpty)
        let three = try load(
            "scores", labels: ["a", "b", "c"], golden: [([-3, 0, -1], "b"), ([9, 8, 7], "a")], columns: 3)
        #expect(try three.predict(workshop.rows("[1, 2, 3]")).values == [1, 2, 3])
        #expect(throws: InferenceError.self) { try load("scores", golden: [([-0.5, 0.5], "no")]) }
    }

    @Test func `one value of two labels is the second one's`() throws {
        let scores = try load("scores", golden: [([-0.5], "no"), ([5.25], "yes"), ([0], "no")], columns: 1)
        #expect(try scores.predict(workshop.rows("[2]\n[-3]")).values == [-2, 2, 3, -3])
        let chances = try load("probabilities", golden: [([0.75], "yes"), ([0.25], "no")], columns: 1)
        #expect(try chances.predict(workshop.rows("[1]\n[0.125]")).values == [0, 1, 0.875, 0.125])
        #expect(throws: InferenceError.self) {
            try load("scores", labels: ["a", "b", "c"], golden: [([1], "a")], columns: 1)
        }
    }

    @Test func `a row with a probability beyond 0 to 1 fails alone, and rounding is no fault`() throws {
        let model = try load("probabilities", golden: [([0.25, 0.75], "yes")])
        let answers = try model.predict(workshop.rows("[0.5, 0.5]\n[-4.25, 5.25]\n[1.0000001, -1e-9]\n[0, 1.002]"))
        #expect(answers.values == [0.5, 0.5, 1, 0])
        #expect(answers.faults.map(\.row) == [1, 3] && answers.faults.allSatisfy { $0.code == .notProbabilities })
        #expect(answers.faults[0].message.contains("between 0 and 1") && ErrorCode.notProbabilities.isRetryable)
    }

    @Test(arguments: ["margins_three", "margins_two", "margins_hinge"])
    func `a text model of margins without golden rows is refused too, and as scores it has the library's labels`(
        fixture: String
    ) throws {
        let labels = fixture == "margins_three" ? ["high", "low", "middle"] : ["0", "1"]
        let lines = try PackageFiles.text("Tests/Fixtures/text/\(fixture).ndjson").split(separator: "\n")
        let rows = try lines.map { try JSONDecoder().decode([String: String].self, from: Data($0.utf8)) }
        for gives in ["probabilities", "scores"] {
            try workshop.writeText(fixture, labels: labels, gives: gives)
            let loaded = LoadedModels(
                try Catalog(folder: workshop.folder.path), libraryPath: ModelWorkshop.libraryPath)
            guard gives == "scores" else {
                #expect(loaded.ready.isEmpty && loaded.broken[0].message.contains("gives scores such as margins"))
                continue
            }
            let model = try #require(loaded.ready.first)
            let texts = TextColumn(rows.map { $0["text"]! })
            let answers = try model.predict(Rows(count: texts.count, columns: [.text(texts)]))
            let found = (0..<texts.count).map { row in
                labels[
                    model.output.label(
                        of: answers.values[row * labels.count..<(row + 1) * labels.count], in: answers.precision)]
            }
            #expect(found == rows.map { $0["prediction"]! })
        }
    }
}
