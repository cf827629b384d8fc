package import Core
package import Operations
package import Store

/// Tells requests that follow a task when it has changed: one watcher a process, never a poll a follower.
///
/// While anybody follows anything it looks ten times a second, at all followed tasks in one read; otherwise it sleeps.
package final class ChangeWatcher: Sendable {
    private struct Follower {
        let id: TaskID
        let revision: Int
        let deadline: Duration
        let continuation: CheckedContinuation<StoredTask?, any Error>
    }

    private struct State {
        var followers: [Follower] = []
        var isClosed = false
    }

    private let tasks: TaskStore
    private let clock: SteadyClock
    private let logger: Logger
    private let mostFollowers: Int
    private let state = Monitor(State())

    private static let poll = Duration.milliseconds(100)

    /// - Parameter limit: how many may follow at once.
    package init(tasks: TaskStore, clock: SteadyClock, logger: Logger, limit: Int) {
        mostFollowers = limit
        self.tasks = tasks
        self.clock = clock
        self.logger = logger
    }

    /// Waits until a task is no longer as it was.
    ///
    /// - Parameter revision: the task's revision when it was read.
    /// - Returns: the task as it is now; nil when the time was over first.
    /// - Throws: `StoreError.closed` when the process is stopping, `StoreError.tooManyWaiting`.
    package func change(of id: TaskID, past revision: Int, within limit: Duration) async throws -> StoredTask? {
        let deadline = clock.now + limit
        return try await withCheckedThrowingContinuation { continuation in
            let refusal: StoreError? = state.change { state in
                if state.isClosed { return .closed }
                if state.followers.count >= mostFollowers { return .tooManyWaiting }
                state.followers.append(
                    Follower(id: id, revision: revision, deadline: deadline, continuation: continuation))
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// Ends all following: a process that stops must not wait for tasks that go on elsewhere.
    package func close() {
        let followers = state.change { state in
            state.isClosed = true
            defer { state.followers = [] }
            return state.followers
        }
        for follower in followers { follower.continuation.resume(throwing: StoreError.closed) }
    }

    /// Serves followers until told to stop.
    ///
    /// It blocks its thread.
    package func run(until stop: StopSignal) {
        stop.whenRaised { [self] in close() }
        while !stop.wait(for: Self.poll) {
            _ = state.wait(upTo: .seconds(3_600)) { $0.isClosed || !$0.followers.isEmpty ? true : nil }
            look()
        }
    }

    private func look() {
        let ids = Set(state.withLock { $0.followers.map(\.id) })
        if ids.isEmpty { return }
        do {
            let found = try tasks.tasks(ids)
            let now = clock.now
            answer { follower in
                if let task = found[follower.id], task.task.revision != follower.revision { return .some(task) }
                return follower.deadline <= now ? .some(nil) : nil
            }
        } catch {
            // The followers keep waiting: the next look may succeed.
            logger.error("followed tasks could not be read", ["error": "\(error)"])
        }
    }

    /// Answers those followers for whom there is an answer.
    private func answer(_ decide: (Follower) -> StoredTask??) {
        let answered: [(Follower, StoredTask?)] = state.withLock { state in
            var answered: [(Follower, StoredTask?)] = []
            state.followers.removeAll { follower in
                guard let task = decide(follower) else { return false }
                answered.append((follower, task))
                return true
            }
            return answered
        }
        for (follower, task) in answered { follower.continuation.resume(returning: task) }
    }
}
