import Core
import Foundation
import Queue
import Testing

@testable import API
@testable import Store

/// What a task says that it waits for, by what is known of it alone; what is in the way of its model is tested with the queue.
@Suite struct WaitingForTests {
    private static let now = WallTime(milliseconds: 100_000)
    private static let later = WallTime(milliseconds: 160_000)

    private func task(
        _ status: PredictionTask.Status = .pending, total: Int = 10, processing: Int = 0, succeeded: Int = 0,
        input: PredictionTask.InputState = .complete, next: NextChunk? = nil
    ) -> StoredTask {
        let task = PredictionTask(
            id: TaskID("019aa000-0000-7000-8000-000000000000")!, owner: "local",
            model: ModelIdentity(model: "m", version: "v", digest: "d"), output: ModelOutput(kind: .regression),
            status: status, input: input,
            rows: .init(total: total, processing: processing, succeeded: succeeded), createdAt: Self.now)
        return StoredTask(
            key: 1, task: task, kept: .columns, result: nil, inputFormat: nil, warnings: nil, isSwept: false,
            next: next)
    }

    private func waiting(_ stored: StoredTask) -> WaitingFor? { WaitingFor(stored, nil, at: Self.now) }

    @Test func `a task that has ended, is being stopped, or runs, waits for nothing`() {
        for status in PredictionTask.Status.allCases where ![.pending, .processing].contains(status) {
            #expect(waiting(task(status, input: .receiving, next: .held(until: Self.later))) == nil, "\(status)")
        }
        #expect(waiting(task(.processing, processing: 4, next: .held(until: Self.later))) == nil)
        #expect(waiting(task(.processing, processing: 10)) == nil)
        #expect(waiting(task(next: .ready(rank: 5))) == nil, "where nobody looked, nothing is known to be before it")
    }

    @Test func `a task whose rows so far are done, or held until all are here, waits for its input`() {
        #expect(waiting(task(total: 0, input: .receiving)) == .input)
        #expect(waiting(task(.processing, succeeded: 10, input: .receiving)) == .input)
        #expect(waiting(task(input: .receiving, next: .held(until: nil))) == .input)
        #expect(waiting(task(.processing, processing: 10, input: .receiving)) == nil)
        // All are here, and the next round of the keeper lets them go.
        #expect(waiting(task(next: .held(until: nil))) == nil)
    }

    @Test func `a time is told until it has come, and the estimate is never before it`() {
        let held = task(next: .held(until: Self.later))
        #expect(waiting(held)?.code == .notBefore && waiting(held)?.until == Self.later)
        #expect(waiting(task(next: .failed(until: Self.later)))?.code == .retry)
        for time in [Self.now, WallTime(milliseconds: 5)] {
            #expect(waiting(task(next: .held(until: time))) == nil)
            #expect(waiting(task(next: .failed(until: time))) == nil)
        }
        func left(_ waitingFor: WaitingFor?) -> Double? {
            TaskProgressEstimate(held.task, at: Self.now, queueWait: .seconds(3), waitingFor: waitingFor)
                .remainingSeconds
        }
        #expect(left(nil) == 3)
        #expect(left(waiting(held)) == 60)
        for obstacle in [Obstacle.paused(model: nil), .noWorker, .failing(held.task.model, until: Self.later)] {
            #expect(left(WaitingFor(obstacle)) == nil, "\(obstacle)")
        }
    }

    /// A repetition under a key gets the first answer again, byte for byte.
    @Test func `what an acceptance says is kept with its key`() throws {
        for waiting in [WaitingFor(.noWorker), .time(Self.later), .input] {
            let kept = try JSONEncoder().encode(waiting)
            #expect(try JSONDecoder().decode(WaitingFor.self, from: kept) == waiting)
        }
    }
}
