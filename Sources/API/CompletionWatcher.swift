package import Core
package import Operations
package import Queue
package import Store
internal import Synchronization

/// Tells waiting requests that their tasks have ended: one watcher a process, never a poll a waiter.
///
/// It hears the workers' doorbell, reads all tasks that were announced in one go, and hands each to whoever expects it. A
/// lost ring costs one safety poll.
package final class CompletionWatcher: Sendable {
    private enum Entry {
        /// Announced to nobody yet. Left by ``await(_:within:)`` or by the end of the task.
        case expected
        /// Somebody waits. Left by the end of the task, or by the deadline.
        case awaited(CheckedContinuation<StoredTask?, Never>, deadline: Duration)
        /// Ended before anybody waited. Left by ``await(_:within:)``.
        case ended(StoredTask)
    }

    private let tasks: TaskStore
    private let listener: Doorbell.Listener
    private let clock: SteadyClock
    private let logger: Logger
    private let mostWaiters: Int
    private let onLook: @Sendable () -> Void
    private let entries = Mutex<[TaskID: Entry]>([:])

    /// How often waiters are looked after when no doorbell rings; also the precision of their deadlines.
    private static let poll = Duration.milliseconds(100)

    /// While nobody waits there is nothing to look after; who comes meanwhile finds the precision a little later.
    private var pause: Duration { entries.withLock { $0.isEmpty } ? Limits.safetyPoll : Self.poll }

    /// - Parameters:
    ///   - limit: how many may wait at once by choice.
    ///   - onLook: called when something has changed that no task's end tells, such as that a model was paused.
    package init(
        tasks: TaskStore, listener: Doorbell.Listener, clock: SteadyClock, logger: Logger, limit: Int,
        onLook: @escaping @Sendable () -> Void
    ) {
        self.onLook = onLook
        mostWaiters = limit
        self.logger = logger
        self.tasks = tasks
        self.listener = listener
        self.clock = clock
    }

    /// Whether another may wait who could do without.
    var hasRoom: Bool { entries.withLock { $0.count < mostWaiters } }

    /// Notes a task before it is submitted, so that its end cannot be missed.
    ///
    /// ``await(_:within:)`` or ``forget(_:)`` must follow.
    package func expect(_ id: TaskID) { entries.withLock { $0[id] = .expected } }

    /// Forgets a task that was not submitted after all.
    package func forget(_ id: TaskID) { entries.withLock { _ = $0.removeValue(forKey: id) } }

    /// Waits for a task that was expected.
    ///
    /// - Returns: the ended task; nil when the time was over first, or the process is stopping.
    package func await(_ id: TaskID, within limit: Duration) async -> StoredTask? {
        let deadline = clock.now + limit
        return await withCheckedContinuation { continuation in
            let answer: StoredTask?? = entries.withLock { entries in
                switch entries[id] {
                case .expected:
                    entries[id] = .awaited(continuation, deadline: deadline)
                    return nil
                case .ended(let task):
                    entries[id] = nil
                    return .some(task)
                case .awaited, nil:
                    return .some(nil)
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Serves waiters until told to stop; whoever still waits then is answered with nil.
    ///
    /// Blocks its thread.
    package func run(until stop: StopSignal) {
        stop.whenRaised { [listener] in listener.wake() }
        var outage = Outage()
        while !stop.isRaised {
            switch listener.wait(for: pause) {
            case .ended(let ids): deliver(expected(among: ids), &outage)
            case .look:
                onLook()
                deliver(expected(among: nil), &outage)
            case .none: deliver(expected(among: nil), &outage)
            }
            expire(before: clock.now)
        }
        expire(before: .seconds(Int64.max))
    }

    private func expected(among ids: [TaskID]?) -> [TaskID] {
        entries.withLock { entries in
            if let ids { return ids.filter { entries[$0] != nil } }
            return Array(entries.keys)
        }
    }

    private func deliver(_ ids: [TaskID], _ outage: inout Outage) {
        if ids.isEmpty { return }
        do {
            hand(try tasks.finished(among: ids))
            _ = outage.succeeded(at: clock.now)
        } catch {
            // The waiters keep waiting: the next look may succeed, and their deadlines hold.
            if outage.failed(at: clock.now) {
                logger.error("ended tasks could not be read", ["error": "\(error)"])
            }
        }
    }

    private func hand(_ tasks: [StoredTask]) {
        for ended in tasks {
            let waiting: CheckedContinuation<StoredTask?, Never>? = entries.withLock { entries in
                switch entries[ended.task.id] {
                case .awaited(let continuation, _):
                    entries[ended.task.id] = nil
                    return continuation
                case .expected:
                    entries[ended.task.id] = .ended(ended)
                    return nil
                case .ended, nil:
                    return nil
                }
            }
            waiting?.resume(returning: ended)
        }
    }

    private func expire(before now: Duration) {
        let due: [CheckedContinuation<StoredTask?, Never>] = entries.withLock { entries in
            var due: [CheckedContinuation<StoredTask?, Never>] = []
            for (id, entry) in entries {
                guard case .awaited(let continuation, let deadline) = entry, deadline <= now else { continue }
                entries[id] = nil
                due.append(continuation)
            }
            return due
        }
        for continuation in due { continuation.resume(returning: nil) }
    }
}
