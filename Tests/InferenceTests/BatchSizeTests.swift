import Core
import Foundation
import TestSupport
import Testing

@testable import Inference

/// Graphs whose number of rows is fixed.
@Suite struct BatchSizeTests {
    private let workshop = ModelWorkshop()
    private let pair = [#""type": "float""#, #""type": "float""#]
    private let golden: [([String], [Float])] = [(["1", "2"], [1, 2])]

    private func file(rows: Int?, operation: String = "Identity") -> OnnxFile {
        var file = OnnxFile(operation: operation, columns: 2)
        (file.rows, file.answerRows) = (rows, rows)
        return file
    }

    @Test(arguments: [
        (nil, nil), (1, "one row at a time"), (4, "exactly 4 rows"), (8, "exactly 8"), (32, "exactly 32"),
    ])
    func `a graph of any fixed number of rows answers any number of rows`(rows: Int?, warning: String?) throws {
        try workshop.make(file(rows: rows), inputs: pair, width: 2, golden: golden)
        let model = try workshop.load("made")
        for count in [1, 3, 4, 9, 70] {
            let lines = (0..<count).map { "[\($0), \(-$0)]" }.joined(separator: "\n")
            let answers = try model.predict(workshop.rows(lines))
            #expect(answers.values == (0..<count).flatMap { [Double($0), -Double($0)] }, "\(count) rows")
        }
        #expect(model.warning?.contains(warning ?? "") ?? (warning == nil), "\(model.warning ?? "no warning")")
        #expect(model.warning?.contains("dynamic_axes") ?? true)
    }

    @Test(arguments: [0, 1_025, 1 << 40])
    func `a fixed number of rows that is of no use is refused with the remedy`(rows: Int) throws {
        try workshop.make(file(rows: rows), inputs: pair, width: 2, golden: golden)
        let error = #expect(throws: InferenceError.self) { try workshop.load("made") }
        #expect(error?.code == .modelInvalid)
        #expect(error?.message.contains("fixed at \(rows)") == true && error?.message.contains("dynamic_axes") == true)
    }

    @Test func `inputs and outputs of different fixed numbers of rows are refused with the remedy`() throws {
        // Transposing makes two rows of three, whatever the manifest says.
        var file = OnnxFile(operation: "Transpose", columns: 2)
        (file.rows, file.answerRows) = (3, 2)
        try workshop.make(file, inputs: pair, width: 3, golden: [(["1", "2"], [1, 1, 1])])
        let error = #expect(throws: InferenceError.self) { try workshop.load("made") }
        #expect(error?.message.contains("different fixed numbers of rows, 2 and 3") == true, "\(error?.message ?? "")")
    }

    /// Exporters write the one row of their example into the middle of a graph, and call its rows dynamic outside.
    @Test(arguments: ["Squeeze", "ReduceSum"])
    func `a graph that takes one row and does not say so is found out when it is loaded`(operation: String) throws {
        var file = OnnxFile(operation: operation, attributes: [.integers("axes", [0])], columns: 2)
        file.hasAnswerShape = false
        try workshop.make(file, inputs: pair, width: 2, golden: golden)
        let model = try workshop.load("made")
        #expect(model.warning?.contains("one row at a time") == true)
        #expect(try model.predict(workshop.rows("[1, 2]\n[3, 4]\n[5, 6]")).values == [1, 2, 3, 4, 5, 6])
    }

    @Test(arguments: ["one_row", "four_rows"])
    func `a text model of a fixed number of rows gives the library's answers`(fixture: String) throws {
        struct Line: Decodable {
            var text: String
            var values: [Double]
        }
        try workshop.writeText(fixture, labels: ["high", "low", "middle"])
        let model = try workshop.load(fixture)
        #expect(model.warning?.contains("row") == true)
        let lines = try PackageFiles.text("Tests/Fixtures/text/\(fixture).ndjson").split(separator: "\n")
            .map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        let texts = TextColumn(lines.map(\.text))
        let answers = try model.predict(Rows(count: texts.count, columns: [.text(texts)]))
        #expect(answers.faults.isEmpty && answers.values.count == lines.count * 3)
        #expect(zip(answers.values, lines.flatMap(\.values)).allSatisfy { abs($0 - $1) < 1e-5 })
    }
}
