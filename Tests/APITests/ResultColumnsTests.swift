import Core
import Intake
import Testing

@testable import API

@Suite struct ResultColumnsTests {
    private static let campaign = ModelOutput(
        kind: .classification, labels: ["no", "yes"], positiveLabel: "yes", threshold: 0.3)
    private static let species = ModelOutput(kind: .classification, labels: ["a", "b", "c"])
    private static let margins = ModelOutput(
        kind: .classification, labels: ["no", "yes"], givesScores: true, positiveLabel: "yes")
    private static let price = ModelOutput(kind: .regression)
    private static let vector = ModelOutput(kind: .vector, width: 3)

    @Test(arguments: [
        ("none", ShownProbabilities.none), ("all", .all), ("top:1", .top(1)), ("top:1000", .top(1_000)), ("", nil),
        ("None", nil), ("top", nil), ("top:", nil), ("top:0", nil), ("top:-1", nil), ("top:1001", nil),
        ("top:1.5", nil),
        ("top: 1", nil), ("top:1:2", nil),
    ])
    func `the probabilities that are shown are named`(text: String, shown: ShownProbabilities?) {
        #expect(ShownProbabilities(text) == shown)
    }

    @Test(
        arguments: [
            (campaign, nil, false, "prediction score confidence no yes error"),
            (campaign, nil, true, "prediction score error"), (campaign, .all, true, "prediction score no yes error"),
            (campaign, ShownProbabilities.none, false, "prediction score confidence error"),
            (campaign, .top(5), false, "prediction score confidence label_1 probability_1 label_2 probability_2 error"),
            (species, nil, false, "prediction confidence a b c error"),
            (species, nil, true, "prediction confidence error"),
            (species, .top(2), true, "prediction confidence label_1 probability_1 label_2 probability_2 error"),
            (margins, nil, false, "prediction score confidence error"), (margins, nil, true, "prediction score error"),
            (margins, .all, false, "prediction score confidence error"),
            (margins, .top(1), true, "prediction score error"),
            (price, nil, false, "prediction error"), (price, .all, true, "prediction error"),
            (vector, nil, false, "output_1 output_2 output_3 error"),
            (vector, .top(1), true, "output_1 output_2 output_3 error"),
        ] as [(ModelOutput, ShownProbabilities?, Bool, String)])
    func `a model's kind decides the columns`(
        output: ModelOutput, shown: ShownProbabilities?, isJoined: Bool, names: String
    ) throws {
        let columns = try ResultColumns(output, ResultShape(probabilities: shown), isJoined: isJoined)
        #expect(columns.names.joined(separator: " ") == names)
        #expect(columns.cells(ArraySlice(repeating: 0.5, count: output.width), fault: nil).count == columns.names.count)
    }

    @Test func `fields are given in the order in which they were asked for`() throws {
        for isJoined in [true, false] {
            for shown in [nil, ShownProbabilities.none, .all] {
                let columns = try ResultColumns(
                    Self.campaign, ResultShape(probabilities: shown, fields: ["yes", "confidence", "prediction"]),
                    isJoined: isJoined)
                #expect(columns.names == ["yes", "confidence", "prediction"])
                #expect(
                    columns.cells([0.6, 0.4], fault: nil) == [
                        .number(0.4, .double), .number(0.4, .double), .text("yes"),
                    ])
            }
        }
        let top = try ResultColumns(
            Self.species, ResultShape(probabilities: .top(2), fields: ["label_2", "probability_1"]), isJoined: true)
        #expect(top.cells([0.2, 0.5, 0.3], fault: nil) == [.text("c"), .number(0.5, .double)])
        for field in ["score", "id", "Prediction", "label_1", ""] {
            #expect(throws: APIError.self, "\(field)") {
                try ResultColumns(Self.species, ResultShape(fields: [field]), isJoined: true)
            }
        }
    }

    @Test func `cells follow the threshold, and of equals the first comes first`() throws {
        let columns = try ResultColumns(Self.campaign, ResultShape(), isJoined: false)
        #expect(
            columns.cells([0.7, 0.3], fault: nil).prefix(3) == [
                .text("yes"), .number(0.3, .double), .number(0.3, .double),
            ])
        let strict = try ResultColumns(try Self.campaign.withThreshold(0.31), ResultShape(), isJoined: false)
        #expect(
            strict.cells([0.7, 0.3], fault: nil).prefix(3) == [
                .text("no"), .number(0.3, .double), .number(0.7, .double),
            ])
        #expect(ResultColumns.top(2, of: [0.3, 0.4, 0.3]) == [1, 0])
        #expect(ResultColumns.top(9, of: [0, 1][0...]) == [1, 0])
        // Values of a row in the middle of many.
        #expect(ResultColumns.top(1, of: [9, 9, 0.1, 0.9][2...]) == [1])
        #expect(throws: APIError.self) { try Self.species.withThreshold(0.5) }
        #expect(throws: APIError.self) { try Self.price.withThreshold(0.5) }
        #expect(try Self.price.withThreshold(nil) == Self.price)
    }

    @Test func `a model of scores has a label and a margin, and no confidence`() throws {
        let columns = try ResultColumns(Self.margins, ResultShape(probabilities: .top(2)), isJoined: false)
        #expect(columns.cells([-5.25, 5.25], fault: nil) == [.text("yes"), .number(5.25, .double), .empty, .empty])
        #expect(throws: APIError.self) { try Self.margins.withThreshold(0.5) }
    }

    @Test func `a row that failed has its reason and nothing else`() throws {
        let fault = RowFault(row: 0, code: .blankText, message: "Give a text.")
        for output in [Self.campaign, Self.species, Self.price, Self.vector] {
            let cells = try ResultColumns(output, ResultShape(probabilities: .all), isJoined: true).cells(
                [], fault: fault)
            #expect(cells.last == .text("blank_text: Give a text."))
            #expect(cells.dropLast().allSatisfy { $0 == .empty })
        }
    }
}

extension ResultColumns {
    fileprivate func cells(_ values: ArraySlice<Double>, fault: RowFault?) -> [Cell] {
        var cells: [Cell] = []
        forEachCell(of: values, in: .double, fault: fault) { cells.append($0) }
        return cells
    }
}
