import Core
import Foundation
import Testing

@testable import API

@Suite struct TaskComparisonTests {
    private func task(_ output: ModelOutput, version: String) -> PredictionTask {
        PredictionTask(
            id: TaskID("019aa000-0000-7000-8000-000000000000")!, owner: "local",
            model: ModelIdentity(model: "m", version: version, digest: "d"), output: output, status: .completed,
            rows: .init(total: 4, succeeded: 4), createdAt: WallTime(milliseconds: 0))
    }

    private func written(_ comparison: TaskComparison, _ output: ModelOutput) throws -> [String: Any] {
        let bytes = JSONWriter.write {
            comparison.write(task(output, version: "v1"), task(output, version: "v2"), to: &$0)
        }
        return try #require(try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    @Test func `changed labels are counted by where they went, each version by its own threshold`() throws {
        let old = ModelOutput(kind: .classification, labels: ["no", "yes"], positiveLabel: "yes", threshold: 0.3)
        var new = old
        new.threshold = nil
        var comparison = TaskComparison(old, new)
        comparison.add([0.6, 0.4], [0.6, 0.4], in: (.single, .single))  // yes by the old threshold, no by the new rule
        comparison.add([0.5, 0.5], [0.25, 0.75], in: (.single, .single))  // yes, yes
        comparison.add([0.9, 0.1], nil, in: (.single, .single))
        comparison.add(nil, nil, in: (.single, .single))
        let json = try written(comparison, old)
        #expect(json["compared"] as? Int == 2 && json["failed_in_one"] as? Int == 1 && json["rows"] as? Int == 4)
        #expect(json["changed"] as? Int == 1 && json["changed_share"] as? Double == 0.5)
        let transitions = json["transitions"] as? [[String: Any]]
        #expect(transitions?.map { "\($0["from"]!)>\($0["to"]!) \($0["rows"]!)" } == ["yes>no 1"])
        let yes = try #require((json["outputs"] as? [[String: Any]])?.last)
        #expect(yes["name"] as? String == "yes")
        #expect(abs((yes["mean_shift"] as? Double ?? 0) - 0.125) < 1e-6)
        #expect(yes["greatest_shift"] as? Double == 0.25)
    }

    @Test func `shifts that cancel out are still seen`() throws {
        let price = ModelOutput(kind: .regression)
        var comparison = TaskComparison(price, price)
        comparison.add([1], [3], in: (.single, .single))
        comparison.add([5], [3], in: (.single, .single))
        let json = try written(comparison, price)
        #expect(json["changed"] == nil && json["transitions"] == nil)
        let output = try #require((json["outputs"] as? [[String: Any]])?.first)
        #expect(output["name"] as? String == "prediction")
        #expect(output["mean_a"] as? Double == 3 && output["mean_b"] as? Double == 3)
        #expect(output["mean_shift"] as? Double == 0 && output["mean_absolute_shift"] as? Double == 2)
    }

    @Test func `nothing to compare is no division by zero`() throws {
        let vector = ModelOutput(kind: .vector, width: 2)
        var comparison = TaskComparison(vector, vector)
        comparison.add(nil, [1, 2], in: (.single, .single))
        let json = try written(comparison, vector)
        #expect(json["compared"] as? Int == 0 && json["failed_in_one"] as? Int == 1)
        #expect((json["outputs"] as? [[String: Any]])?.map { $0["mean_shift"] as? Double } == [0, 0])
    }
}
