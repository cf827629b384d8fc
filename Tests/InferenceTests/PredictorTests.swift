import Core
import Inference
import TestSupport
import Testing

@Suite struct PredictorTests {
    private let workshop = ModelWorkshop()

    @Test func `rows come out as many and in the order in which they went in, faulty ones as their faults`() throws {
        let predictor = try ModelWorkshop.load("iris")
        let rows = try ModelWorkshop.rows(
            """
            {"sepal_length":5.1,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2,"id":"a"}
            {"sepal_length":"x","sepal_width":3.5,"petal_length":1.4,"petal_width":0.2,"id":"b"}
            {"sepal_length":6.3,"sepal_width":3.3,"petal_length":4.7,"petal_width":1.6,"id":"c"}
            nonsense
            {"sepal_length":1e999,"sepal_width":3.5,"petal_length":1.4,"petal_width":0.2,"id":"e"}
            """, for: "iris")
        let predictions = try predictor.predict(rows)
        #expect(predictions.count == 5)
        #expect(predictions.faults == rows.faults)
        #expect(predictions.faults.map(\.row) == [1, 3, 4])
        #expect(predictions.faults.map(\.code) == [.wrongType, .malformedJSON, .outOfBounds])
        #expect(predictions.ids == rows.ids)
        #expect(predictions.values.count == 2 * 3)
        #expect(predictor.output.label(of: predictions.values[0..<3], in: predictions.precision) == 0)
        #expect(predictor.output.label(of: predictions.values[3..<6], in: predictions.precision) == 1)
    }

    /// Rows wait with the columns of the manifest of their day; an edited one ended the worker in the run.
    @Test(
        arguments: [
            [], [.float([1])], [.float([1]), .float([1]), .float([1]), .int([1])],
            [.float([1]), .float([1]), .float([1]), .text(TextColumn(["1"]))],
            [.float([1]), .float([1]), .float([1]), .float([])],
            [.float([1]), .float([1]), .float([1]), .float([1]), .float([1])],
        ] as [[Column]])
    func `rows of another signature are an error and not the end`(columns: [Column]) throws {
        let predictor = try ModelWorkshop.load("iris")
        let error = #expect(throws: InferenceError.wrongRows(model: "iris")) {
            try predictor.predict(Rows(count: 1, columns: columns))
        }
        #expect(error?.code == .corruptPayload)
    }

    @Test(arguments: ["", "nonsense\n", "{}\n{}\n[]\n"])
    func `no row that has values is no run and no error`(lines: String) throws {
        let rows = try ModelWorkshop.rows(lines, for: "sentiment")
        let predictions = try ModelWorkshop.load("sentiment").predict(rows)
        #expect(predictions.count == rows.count)
        #expect(predictions.faults.count == rows.count)
        #expect(predictions.values.isEmpty)
    }

    @Test(arguments: [1, 63, 64, 65, 1_000])
    func `texts are answered alike alone and in a batch of any size`(count: Int) throws {
        let predictor = try ModelWorkshop.load("sentiment")
        let texts = ["I love it", "terrible", "It arrived on Tuesday", "grün 🎉"]
        let lines = (0..<count).map { "{\"text\":\"\(texts[$0 % texts.count])\"}\n" }
        let batch = try predictor.predict(try ModelWorkshop.rows(lines.joined(), for: "sentiment"))
        #expect(batch.count == count && batch.values.count == count * 3)
        for row in Set([0, count / 2, count - 1]) {
            let alone = try predictor.predict(try ModelWorkshop.rows(lines[row], for: "sentiment"))
            let part = batch.values[row * 3..<row * 3 + 3]
            #expect(zip(alone.values, part).allSatisfy { abs($0 - $1) < 1e-6 })
        }
    }

    @Test func `an answer that is no number becomes the fault of its row and moves no other`() throws {
        try workshop.make(OnnxFile(operation: "Sqrt"), golden: [(["4"], [2])])
        let lines = ["4", "-1", "9", "\"x\"", "-4", "16"].map { "{\"x0\":\($0)}\n" }.joined()
        let predictions = try workshop.load("made").predict(workshop.rows(lines))
        #expect(predictions.count == 6)
        #expect(predictions.values == [2, 3, 4])
        #expect(predictions.faults.map(\.row) == [1, 3, 4])
        #expect(predictions.faults.map(\.code) == [.nonFiniteOutput, .wrongType, .nonFiniteOutput])
    }

    @Test func `infinity is no number either, and one bad value of several fails the row`() throws {
        let file = OnnxFile(operation: "Exp", columns: 2)
        let inputs = [#""type": "float""#, #""type": "float""#]
        try workshop.make(file, inputs: inputs, width: 2, golden: [(["0", "0"], [1, 1])])
        let lines = "{\"x0\":0,\"x1\":1000}\n{\"x0\":0,\"x1\":0}\n"
        let predictions = try workshop.load("made").predict(workshop.rows(lines))
        #expect(predictions.values == [1, 1])
        #expect(predictions.faults.map(\.row) == [0])
    }

    @Test func `a missing value that stands for not a number reaches the model as that`() throws {
        try workshop.make(
            OnnxFile(operation: "IsNaN", to: .bool), inputs: [#""type": "float", "missing": "nan""#],
            golden: [(["1"], [0])])
        // Booleans are no answers: the model cannot be served, and says why in the library's place.
        #expect(throws: InferenceError.refused(operation: "read", reason: "the output holds no numbers")) {
            try workshop.load("made")
        }
        try workshop.make(
            OnnxFile(operation: "Identity"), inputs: [#""type": "float", "missing": "nan""#], golden: [(["1"], [1])])
        let predictions = try workshop.load("made").predict(workshop.rows("{}\n{\"x0\":2}\n"))
        #expect(predictions.faults.map(\.code) == [.nonFiniteOutput])
        #expect(predictions.values == [2])
    }

    @Test(
        arguments: [
            (OnnxFile.Element.int64, #""type": "int""#, "7", 7), (.bool, #""type": "bool""#, "true", 1),
            (.double, #""type": "float""#, "0.5", 0.5), (.double, #""type": "int""#, "3", 3),
            (.bool, #""type": "int""#, "2", 1), (.float, #""type": "bool""#, "true", 1),
        ] as [(OnnxFile.Element, String, String, Double)])
    func `every type of tensor is filled`(element: OnnxFile.Element, type: String, value: String, answer: Double) throws
    {
        let file = OnnxFile(operation: "Cast", attributes: [.integer("to", 1)], from: element)
        try workshop.make(file, inputs: [type], golden: [([value], [Float(answer)])])
        #expect(try workshop.load("made").predict(workshop.rows("{\"x0\":\(value)}")).values == [answer])
    }

    /// They passed through 32 bits, on the way in and out: 0.1 came as 0.10000000149011612.
    @Test(
        arguments: [
            (#""type": "double""#, "0.1", 0.1), (#""type": "double""#, "0.1234567890123456", 0.1234567890123456),
            (#""type": "double""#, "-1e300", -1e300), (#""type": "double", "missing": 0.3"#, "null", 0.3),
            // Six digits are what 32 bits hold of a decimal.
            (#""type": "float""#, "0.1", 0.1), (#""type": "float""#, "-19.99", -19.99),
            (#""type": "float""#, "123456", 123_456), (#""type": "float""#, "1.5e-7", 1.5e-7),
        ] as [(String, String, Double)])
    func `a tensor of doubles gets, and gives, what was written`(type: String, value: String, answer: Double) throws {
        let file = OnnxFile(operation: "Identity", from: .double, to: .double)
        try workshop.make(file, inputs: [type], golden: [(["1"], [1])])
        let predictions = try workshop.load("made").predict(workshop.rows("{\"x0\":\(value)}"))
        #expect(predictions.values == [answer] && predictions.precision == .double)
    }

    @Test func `columns stay beside each other in every run`() throws {
        let inputs = Array(repeating: #""type": "float""#, count: 3)
        try workshop.make(
            OnnxFile(operation: "Identity", columns: 3), inputs: inputs, width: 3,
            golden: [(["1", "2", "3"], [1, 2, 3])])
        // More rows than one run takes.
        let count = Limits.runRows + 5
        let lines = (0..<count).map { "{\"x2\":\($0 + 2),\"x0\":\($0),\"x1\":\($0 + 1)}\n" }.joined()
        let predictions = try workshop.load("made").predict(workshop.rows(lines))
        let expected: [Double] = (0..<count * 3).map { Double($0 / 3 + $0 % 3) }
        #expect(predictions.values == expected)
    }

    @Test func `a model that answers another number of rows is an error, never a shifted answer`() throws {
        // Equal rows become one.
        let file = OnnxFile(operation: "Unique", attributes: [.integer("axis", 0)])
        try workshop.make(file, golden: [(["1"], [1])])
        let predictor = try workshop.load("made")
        #expect(throws: InferenceError.rowCount(expected: 2, found: 1)) {
            try predictor.predict(workshop.rows("{\"x0\":2}\n{\"x0\":2}\n"))
        }
    }

    @Test func `threads share a predictor and each gets its own answers`() throws {
        let predictor = try ModelWorkshop.load("iris")
        let rows = try ModelWorkshop.rows(
            "{\"sepal_length\":5.1,\"sepal_width\":3.5,\"petal_length\":1.4,\"petal_width\":0.2}\n", for: "iris")
        let expected = try predictor.predict(rows)
        let same = Monitor(0)
        let threads = (0..<4).map { number in
            ServiceThread(name: "predictor-\(number)") { _ in
                for _ in 0..<100 {
                    guard let found = try? predictor.predict(rows), found == expected else { return }
                    same.change { $0 += 1 }
                }
            }
        }
        for thread in threads { #expect(thread.join(for: .seconds(30))) }
        #expect(same.withLock { $0 } == 400)
    }
}
