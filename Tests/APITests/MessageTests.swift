import Core
import Foundation
import HTTP
import Store
import Testing

@testable import API

@Suite struct MessageTests {
    private let output = ModelOutput(kind: .classification, labels: ["no", "yes"], positiveLabel: "yes")

    private func object(_ write: (inout JSONWriter) -> Void) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(JSONWriter.write(write)))
    }

    @Test func `rows of a page keep their numbers, ids, faults and order`() throws {
        let predictions = Predictions(
            count: 4, width: 2, values: [0.25, 0.75, 0.5, 0.5],
            faults: [
                RowFault(row: 0, line: 2, code: .blankText, message: "Give a text."),
                RowFault(row: 2, code: .nonFiniteOutput, message: "No number."),
            ], ids: TextColumn(["a", "b", "", "d"]))
        let message = PredictionMessage(output: output, version: "v1")
        let rows = try #require(
            try object { json in json.array { message.write(predictions, rows: 1..<4, firstRow: 100, to: &$0) } }
                as? [[String: Any]])
        #expect(rows.map { $0["row"] as? Int } == [101, 102, 103])
        #expect(rows.map { $0["status"] as? String } == ["succeeded", "failed", "succeeded"])
        #expect(rows.map { $0["id"] as? String } == ["b", nil, "d"])
        #expect(rows[0]["prediction"] as? String == "yes")
        #expect(rows[0]["score"] as? Double == 0.75)
        #expect(rows[2]["prediction"] as? String == "no", "the first of equals")
        #expect((rows[1]["error"] as? [String: Any])?["code"] as? String == "non_finite_output")
        #expect(rows[1]["prediction"] == nil)
    }

    @Test func `a row of scores has a label and a margin, and null where probabilities stand`() throws {
        var output = output
        output.givesScores = true
        let message = PredictionMessage(output: output, version: "v1")
        let row = try #require(
            try object { json in
                json.array {
                    message.write(
                        Predictions(count: 1, width: 2, values: [-5.25, 5.25]), rows: 0..<1, firstRow: 0, to: &$0)
                }
            } as? [[String: Any]])[0]
        #expect(row["prediction"] as? String == "yes" && row["score"] as? Double == 5.25)
        #expect(row["confidence"] is NSNull && row["probabilities"] is NSNull)
    }

    @Test(arguments: [
        (PredictionTask.Status.processing, 10, 4, 40.0, 6.0), (.completed, 10, 10, 100.0, 0.0),
    ])
    func `progress, speed and the time left follow from the counts`(
        status: PredictionTask.Status, total: Int, done: Int, percent: Double, left: Double
    ) {
        var task = PredictionTask(
            id: TaskID("019aa000-0000-7000-8000-000000000000")!, owner: "local",
            model: ModelIdentity(model: "m", version: "v", digest: "d"), output: output, status: status,
            rows: .init(total: total, succeeded: done), createdAt: WallTime(milliseconds: 0))
        task.startedAt = WallTime(milliseconds: 1_000)
        let progress = TaskProgressEstimate(
            task, at: WallTime(milliseconds: 1_000 + Int64(done) * 1_000), queueWait: nil)
        #expect(progress.share == percent / 100)
        #expect(progress.rowsPerSecond == 1)
        #expect(progress.remainingSeconds == left)
    }

    @Test func `an error without a code says nothing of its inside`() {
        struct Inside: Error {
            let secret = "path"
        }
        let problem = Problems.describe(Inside())
        #expect(problem.status == 500)
        #expect(!problem.detail.contains("path"))
    }

    @Test func `only a 503 that may pass says when to come again`() {
        let taken = Problems.describe(CatalogFault(code: .modelVersionTaken))
        #expect(taken.status == 503 && taken.headers.first("Retry-After") == nil)
        let full = Problems.describe(CatalogFault(code: .queueFull))
        #expect(full.status == 503 && full.headers.first("Retry-After") == "1")
    }

    private struct CatalogFault: CodedError {
        let code: ErrorCode
        let message = "A sentence."
    }

    @Test(arguments: ErrorCode.allCases)
    func `every code has a status`(code: ErrorCode) {
        #expect((400..<600).contains(Problems.status(of: code)))
    }
}
