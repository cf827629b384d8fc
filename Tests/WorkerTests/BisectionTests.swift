import Core
import Inference
import Synchronization
import Testing

@testable import Worker

/// How rows that make a model throw are told from their neighbours.
@Suite struct BisectionTests {
    /// Answers each number with itself, and throws for runs with a poisonous one.
    private final class Picky: Predictor {
        let identity = ModelIdentity(model: "picky", version: "v1", digest: "00")
        let output = ModelOutput(kind: .regression)
        let engine = InferenceEngine.fused
        let runRows = 4_096
        let timeout = Duration.seconds(10)
        let runs = Mutex(0)
        let isPoison: @Sendable (Float) -> Bool

        init(poison isPoison: @escaping @Sendable (Float) -> Bool) { self.isPoison = isPoison }

        struct Refusal: Error {}

        func predict(_ rows: Rows) throws -> Predictions {
            guard case .float(let numbers) = rows.columns[0] else { throw Refusal() }
            runs.withLock { $0 += 1 }
            if numbers.contains(where: isPoison) { throw Refusal() }
            return Predictions(
                count: rows.count, width: 1, values: numbers.map(Double.init), faults: rows.faults, ids: rows.ids)
        }

        func terminate() {}
    }

    private static let count = 4_096
    private static let rows = Rows(count: count, columns: [.float((0..<count).map(Float.init))])

    @Test(arguments: [[0], [4_095], [17, 18, 2_048], Array(stride(from: 0, to: 4_096, by: 64))])
    func `exactly the rows that fail alone fail, and all others succeed in order`(poison: [Int]) throws {
        let bad = Set(poison.map(Float.init))
        let model = Picky { bad.contains($0) }
        var bisection = Bisection(model, after: Picky.Refusal())
        let predictions = try bisection.run(Self.rows, isPart: false)
        #expect(predictions.faults.map(\.row) == poison)
        #expect(predictions.faults.allSatisfy { $0.code == .predictionFailed })
        let good = (0..<Self.count).filter { !poison.contains($0) }.map { Double($0) }
        #expect(predictions.values == good)
        // Two runs a level of halves, and a second chance, for each row.
        #expect(model.runs.withLock { $0 } <= poison.count * 25)
    }

    @Test func `when every row fails the model is to blame, after a bounded number of runs`() throws {
        let model = Picky { _ in true }
        var bisection = Bisection(model, after: Picky.Refusal())
        #expect(throws: Picky.Refusal.self) { try bisection.run(Self.rows, isPart: false) }
        #expect(model.runs.withLock { $0 } < 4 * Limits.failingRows)
    }
}
