package import Core
package import Operations
package import Store

/// Tells requests that follow a task when it has changed: one watcher a process, never a poll a follower.
///
/// While anybody follows anything it looks at all followed tasks in one read, soon while they change and ten times a
/// second while they rest; otherwise it sleeps.
package final class ChangeWatcher: Sendable {
    private struct Follower {
        /// One of its own for each follower.
        let number: Int
        let id: TaskID
        let isChanged: @Sendable (StoredTask) -> Bool
        let deadline: Duration
        let continuation: CheckedContinuation<StoredTask?, any Error>
    }

    private struct State {
        /// By number.
        var followers: [Int: Follower] = [:]
        var nextNumber = 0
        /// Whether somebody began to follow since the last look.
        var hasNewcomers = false
        var isClosed = false
    }

    private let tasks: TaskStore
    private let clock: SteadyClock
    private let logger: Logger
    private let mostFollowers: Int
    private let onLook: @Sendable () -> Void
    private let state = Monitor(State())

    /// - Parameters:
    ///   - limit: how many may follow at once.
    ///   - onLook: called before each look, on the watcher's thread: what a task says of itself may depend on more than it.
    package init(
        tasks: TaskStore, clock: SteadyClock, logger: Logger, limit: Int, onLook: @escaping @Sendable () -> Void = {}
    ) {
        self.onLook = onLook
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
        try await change(of: id, within: limit) { $0.task.revision != revision }
    }

    /// Waits until a task has changed in a way that matters to the caller, which a revision does not tell of leases.
    ///
    /// - Parameter isChanged: asked on the watcher's thread at each look, and so it must be quick.
    package func change(
        of id: TaskID, within limit: Duration, when isChanged: @escaping @Sendable (StoredTask) -> Bool
    ) async throws -> StoredTask? {
        let deadline = clock.now + limit
        return try await withCheckedThrowingContinuation { continuation in
            let refusal: StoreError? = state.change { state in
                if state.isClosed { return .closed }
                if state.followers.count >= mostFollowers { return .tooManyWaiting }
                state.followers[state.nextNumber] = Follower(
                    number: state.nextNumber, id: id, isChanged: isChanged, deadline: deadline,
                    continuation: continuation)
                state.nextNumber += 1
                state.hasNewcomers = true
                return nil
            }
            if let refusal { continuation.resume(throwing: refusal) }
        }
    }

    /// Ends all following: a process that stops must not wait for tasks that go on elsewhere.
    package func close() {
        let followers = state.change { state in
            state.isClosed = true
            defer { state.followers = [:] }
            return state.followers.values
        }
        for follower in followers { follower.continuation.resume(throwing: StoreError.closed) }
    }

    /// Serves followers until told to stop.
    ///
    /// It blocks its thread.
    package func run(until stop: StopSignal) {
        stop.whenRaised { [self] in close() }
        var pace = ChangePace()
        var outage = Outage()
        while !stop.wait(for: Limits.changePoll) {
            if waitForNewcomers(upTo: pace.pause - Limits.changePoll) { pace.restart() }
            let began = clock.now
            let hasChanged = look(&outage)
            pace.note(hasChanged: hasChanged, taking: clock.now - began)
        }
    }

    /// Waits until somebody begins to follow, or until it is time to look for the others.
    private func waitForNewcomers(upTo pause: Duration) -> Bool {
        // Without any there is nothing to look for.
        let isIdle = state.withLock { $0.followers.isEmpty }
        let isNew = state.wait(upTo: isIdle ? .seconds(3_600) : pause) { state in
            defer { state.hasNewcomers = false }
            return state.isClosed || state.hasNewcomers ? true : nil
        }
        return isNew ?? false
    }

    /// - Returns: whether anybody was told of a change.
    private func look(_ outage: inout Outage) -> Bool {
        let followers = state.withLock { Array($0.followers.values) }
        if followers.isEmpty { return false }
        onLook()
        do {
            let found = try tasks.tasks(Set(followers.map(\.id)))
            let now = clock.now
            _ = outage.succeeded(at: now)
            return answer(followers) { follower in
                if let task = found[follower.id], follower.isChanged(task) { return .some(task) }
                return follower.deadline <= now ? .some(nil) : nil
            }
        } catch {
            // The followers keep waiting, for the next look may succeed; but not past their time.
            let now = clock.now
            if outage.failed(at: now) { logger.error("followed tasks could not be read", ["error": "\(error)"]) }
            _ = answer(followers) { $0.deadline <= now ? .some(nil) : nil }
            return false
        }
    }

    /// Answers those followers for whom there is an answer.
    ///
    /// It decides without the lock, because a decision may compare whole answers, and newcomers need the lock.
    ///
    /// - Returns: whether there were any.
    private func answer(_ followers: [Follower], _ decide: (Follower) -> StoredTask??) -> Bool {
        let decided = followers.compactMap { follower in decide(follower).map { (follower, $0) } }
        // Closing may have answered some of them meanwhile; a continuation is resumed once.
        let answered = state.withLock { state in
            decided.filter { state.followers.removeValue(forKey: $0.0.number) != nil }
        }
        for (follower, task) in answered { follower.continuation.resume(returning: task) }
        return !answered.isEmpty
    }
}
