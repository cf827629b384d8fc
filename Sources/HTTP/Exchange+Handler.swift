import Core
import Synchronization

/// The handler of a request: its task, and the wait for it.
extension Exchange {
    /// Starts the handler's task.
    ///
    /// - Parameter executor: where it runs; nil for the threads that all tasks share.
    func launch(
        on executor: (any TaskExecutor)? = nil,
        _ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse
    ) {
        guard !hasLaunched, let request else { return }
        hasLaunched = true
        guard join() else { return abort() }
        let coding = coding
        let task = Task(executorPreference: executor) { [self] in
            do { conclude(Answer(try await handler(request), in: coding)) } catch {
                conclude(problem(error, for: request, in: coding))
            }
        }
        shared.withLock { $0.task = task }
    }

    /// Notes that a task is about to work on the request; false when the server stops.
    func join() -> Bool {
        guard context.join(self) else { return false }
        hasJoined = true
        return true
    }

    func suspendUntilAnswered() -> Bool {
        let answer = shared.withLock { shared in
            if shared.answer == nil {
                shared.isWaiting = true
                connection.suspend()
            }
            return shared.answer
        }
        return answer.map(send) ?? true
    }

    /// Takes the handler's answer, and sets the connection going whatever it waits for.
    func conclude(_ answer: Answer) {
        // The handler has ended, and what it read of a body is in nobody's hands.
        share.release()
        let buffer = shared.withLock { shared in
            if shared.answer == nil { shared.answer = answer }
            letGo(&shared)
            return shared.buffer
        }
        buffer?.abandon()
    }

    func letGo(_ shared: inout Shared) {
        guard shared.isWaiting else { return }
        shared.isWaiting = false
        connection.resume()
    }

    func answer(_ handler: (HTTPRequest) throws -> HTTPResponse) -> Answer {
        guard let request else { return problem(HTTPError.routeNotFound) }
        do { return Answer(try handler(request), in: coding) } catch { return problem(error) }
    }
}
