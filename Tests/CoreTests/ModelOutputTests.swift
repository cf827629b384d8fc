import Core
import Foundation
import Testing

@Suite struct ModelOutputTests {
    private let three = ModelOutput(kind: .classification, labels: ["a", "b", "c"])

    @Test(
        arguments: [
            ([0.1, 0.2, 0.7], 2), ([0.7, 0.2, 0.1], 0), ([0.4, 0.4, 0.2], 0), ([0.2, 0.4, 0.4], 1), ([0, 0, 0], 0),
        ] as [([Double], Int)])
    func `the most probable label wins, the first of equals`(probabilities: [Double], label: Int) {
        #expect(three.label(of: probabilities[...], in: .single) == label)
    }

    @Test func `a slice is read from its own start`() {
        let values: [Double] = [0.9, 0.05, 0.05, 0.1, 0.8, 0.1]
        #expect(three.label(of: values[3..<6], in: .single) == 1)
    }

    @Test(
        arguments: [
            ("yes", 0.3, [0.71, 0.29], 0), ("yes", 0.3, [0.7, 0.3], 1), ("yes", 0.3, [0.6, 0.4], 1),
            ("no", 0.9, [0.89, 0.11], 1), ("no", 0.9, [0.9, 0.1], 0), ("yes", 0, [1, 0], 1),
            ("yes", 1, [0.01, 0.99], 0),
        ] as [(String, Double, [Double], Int)])
    func `with a threshold the positive label needs that score and no more`(
        positive: String, threshold: Double, probabilities: [Double], label: Int
    ) {
        let output = ModelOutput(
            kind: .classification, labels: ["no", "yes"], positiveLabel: positive, threshold: threshold)
        #expect(output.label(of: probabilities[...], in: .single) == label)
        #expect(output.label(of: ([0.5, 0.5] + probabilities)[2...], in: .single) == label)
    }

    /// 0.7 in 32 bits is less than 0.7 in 64, and the caller who wrote 0.7 means both.
    @Test func `a probability of 32 bits reaches the threshold as it is in 32 bits`() {
        let output = ModelOutput(kind: .classification, labels: ["no", "yes"], positiveLabel: "yes", threshold: 0.7)
        #expect(output.label(of: [0.3, Double(Float(0.7))], in: .single) == 1)
        #expect(output.label(of: [0.3, Double(Float(0.7).nextDown)], in: .single) == 0)
        #expect(output.label(of: [0.3, 0.7], in: .single) == 1)
        #expect(output.label(of: [0.3, (0.7).nextDown], in: .single) == 0)
    }

    @Test func `a probability of 64 bits is held to the threshold as it is written`() {
        let output = ModelOutput(
            kind: .classification, labels: ["no", "yes"], positiveLabel: "yes", threshold: 0.50000001)
        #expect(output.label(of: [0.5, 0.5], in: .double) == 0)
        #expect(output.label(of: [0.49999999, 0.50000001], in: .double) == 1)
        #expect(output.label(of: [0.5, 0.5], in: .single) == 1)
    }

    @Test func `a threshold over three labels means nothing`() {
        let output = ModelOutput(
            kind: .classification, labels: ["a", "b", "c"], positiveLabel: "c", threshold: 0.1)
        #expect(output.label(of: [0.6, 0.2, 0.2], in: .single) == 0)
    }

    @Test func `the width is the number of labels, one, or what was said`() {
        #expect(three.width == 3)
        #expect(ModelOutput(kind: .regression).width == 1)
        #expect(ModelOutput(kind: .vector, width: 7).width == 7)
    }

    @Test func `of scores the greatest wins, and one score of two labels is the second one's`() {
        let output = ModelOutput(kind: .classification, labels: ["no", "yes"], givesScores: true)
        #expect(output.completed(2.5) == [-2.5, 2.5] && output.completed(-1) == [1, -1])
        #expect([2.5, 0, -1].map { output.label(of: output.completed($0)[...], in: .single) } == [1, 0, 0])
        #expect(!output.hasProbabilities && three.hasProbabilities)
        #expect(ModelOutput(kind: .classification, labels: ["no", "yes"]).completed(0.75) == [0.25, 0.75])
        #expect(ModelOutput(kind: .regression).completed(3) == [3] && three.completed(3) == [3])
    }

    @Test func `an output that was kept before there were scores gives probabilities`() throws {
        let kept = #"{"kind": "classification", "labels": ["a", "b"], "width": 2}"#
        let output = try JSONDecoder().decode(ModelOutput.self, from: Data(kept.utf8))
        #expect(output == ModelOutput(kind: .classification, labels: ["a", "b"]))
    }

    @Test func `an output kept with a task reads back equal`() throws {
        let scores = ModelOutput(kind: .classification, labels: ["a", "b"], givesScores: true)
        #expect(try JSONDecoder().decode(ModelOutput.self, from: JSONEncoder().encode(scores)) == scores)
        let output = ModelOutput(
            kind: .classification, labels: ["nein", "ja"], positiveLabel: "ja", threshold: 0.25)
        let kept = try JSONEncoder().encode(output)
        #expect(try JSONDecoder().decode(ModelOutput.self, from: kept) == output)
    }
}
