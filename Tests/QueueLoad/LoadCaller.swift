import Core
import Queue
import Store

/// Submits small tasks through a group committer of its own, as an API process does.
final class LoadCaller: Sendable {
    private let submissions: Submissions
    private let committing: ServiceThread
    private let clock: WallClock
    private let tally: LoadTally

    /// Rows that may wait: enough for all workers, and few enough for the end to come soon.
    private static let waitingRows = 1_000

    init(
        database: Database, doorbell: Doorbell, clock: WallClock,
        retention: Duration, tally: LoadTally
    ) throws {
        self.clock = clock
        self.tally = tally
        let committer = GroupCommitter(database: database)
        committing = ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { tally.note(error) }
        }
        submissions = Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: clock, retention: retention,
            room: Room(rows: Self.waitingRows))
    }

    deinit { committing.stop() }

    /// Submits until as much was done as should be: a single row, then a task of three chunks, in turn.
    func run() async throws {
        var generator = SystemRandomNumberGenerator()
        var isSingle = true
        while !tally.isDone {
            let chunks = isSingle ? [chunk([1])] : [chunk([1, 2]), chunk([3, 4]), chunk([5, 6])]
            let id = TaskID(at: clock.now, using: &generator)
            let request = Submissions.Request(
                draft: .init(id: id, owner: "local", priority: .normal, createdAt: clock.now),
                model: LoadWorker.identity, output: LoadWorker.output)
            do {
                try await submissions.submit(request, chunks: chunks)
                tally.accepted(rows: isSingle ? 1 : 6)
                isSingle.toggle()
            } catch QueueError.full {
                tally.count()
                try await Task.sleep(for: .milliseconds(2))
            }
        }
    }

    private func chunk(_ numbers: [Float]) -> IncomingChunk {
        IncomingChunk(rows: Rows(count: numbers.count, columns: [.float(numbers)]), bytes: 4 * numbers.count)
    }
}
