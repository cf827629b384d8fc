import Core
import HTTP
import Queue
import Testing

@testable import API
@testable import Store

/// The tag of a task's answer: whatever the answer says, it covers, but for what changes with the time alone.
@Suite struct TaskTagTests {
    private struct Draft {
        var task: PredictionTask
        var warnings: String?
        var format: String?

        init() {
            task = PredictionTask(
                id: TaskID("019aa000-0000-7000-8000-000000000000")!, owner: "local",
                model: ModelIdentity(model: "m", version: "v", digest: "d"),
                output: ModelOutput(kind: .classification, labels: ["no", "yes"], positiveLabel: "yes"),
                status: .processing, rows: .init(total: 10, succeeded: 4),
                createdAt: WallTime(milliseconds: 0))
            task.rows.processing = 2
            task.startedAt = WallTime(milliseconds: 1_000)
        }

        var next: NextChunk?
        var obstacle: Obstacle?

        func tag(at now: Int64 = 5_000, queueWait: Duration? = nil) -> String {
            let stored = StoredTask(
                key: 1, task: task, kept: .columns, result: nil, inputFormat: format, warnings: warnings,
                isSwept: false, next: next)
            let message = TaskMessage(
                stored: stored, result: nil, now: WallTime(milliseconds: now), queueWait: queueWait,
                waitingFor: obstacle.map { WaitingFor($0) }
                    ?? WaitingFor(stored, nil, at: WallTime(milliseconds: now)))
            return message.tagged().tag.text
        }
    }

    @Test func `the time alone changes no tag`() {
        #expect(Draft().tag() == Draft().tag(at: 90_000, queueWait: .seconds(5)))
        #expect(Draft().tag().hasPrefix("W/\""), "estimates differ under one tag, and gzip does not change it")
    }

    private static let changes: [(name: String, change: @Sendable (inout Draft) -> Void)] = [
        ("rows that run", { $0.task.rows.processing = 3 }), ("rows that are done", { $0.task.rows.succeeded = 5 }),
        ("rows that failed", { $0.task.rows.failed = 1 }), ("rows that came", { $0.task.rows.total = 11 }),
        ("the status", { $0.task.status = .cancelling }), ("warnings", { $0.warnings = "[{\"code\":\"a\"}]" }),
        ("the input's format", { $0.format = "{\"delimiter\":\";\"}" }), ("the input", { $0.task.input = .broken }),
        ("the input's bytes", { $0.task.inputBytes = 7 }), ("the name", { $0.task.name = "spring" }),
        ("the priority", { $0.task.priority = .high }), ("the metadata", { $0.task.metadata = ["a": "b"] }),
        ("the deadline", { $0.task.deadline = WallTime(milliseconds: 9) }),
        ("the end", { $0.task.completedAt = WallTime(milliseconds: 9) }),
        ("how long results are kept", { $0.task.resultsUntil = WallTime(milliseconds: 9) }),
        ("the revision", { $0.task.revision += 1 }),
        ("a pause of the model", { $0.obstacle = .paused(model: "m") }),
        ("a pause of all models", { $0.obstacle = .paused(model: nil) }),
        (
            "its time",
            {
                $0.task.rows.processing = 0
                $0.next = .held(until: WallTime(milliseconds: 60_000))
            }
        ),
    ]

    @Test func `whatever else the answer says changes the tag`() {
        var seen = Set([Draft().tag()])
        for (name, change) in Self.changes {
            var draft = Draft()
            change(&draft)
            #expect(seen.insert(draft.tag()).inserted, "\(name)")
        }
    }
}
