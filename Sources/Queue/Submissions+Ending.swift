package import Core
package import Store

/// How tasks are ended from outside, before their time or for good.
extension Submissions {
    /// Ends a task whose input will never be whole, or was refused; rows that were scored stay readable.
    ///
    /// - Parameter refusal: what its sender is told, at most ``Limits/refusalBytes``; nil where the code says all.
    package func abandon(
        _ receiving: Receiving, because failure: ErrorCode, refusal: String? = nil
    ) async throws {
        let now = clock.now
        let retention = retention
        let ended = try await committer.write(bytes: 0, mayEndTask: true) { connection in
            try Stopping.begin(
                receiving.task, as: .failed(failure, refusal: refusal), receivedBy: receiving.receiver, in: connection)
            return try Stopping.step(
                receiving.task, model: receiving.model, at: now, retention: retention, in: connection
            ).ended
        }
        if let ended { doorbell.announce([ended]) }
    }

    /// Asks for a task to be stopped; the keeper does it, and rows scored before stay readable.
    ///
    /// - Returns: false when the task had ended, or was being stopped already.
    package func cancel(_ task: StoredTask) async throws -> Bool {
        try await committer.write(bytes: 0) { try Stopping.begin(task.key, as: .cancelled, in: $0) }
    }

    /// Stops a task if need be, and deletes its rows and results for good; its record stays.
    package func purge(_ task: StoredTask) async throws {
        let now = clock.now
        try await committer.write(bytes: 0) { connection in
            try Stopping.begin(task.key, as: .cancelled, in: connection)
            try TaskTable.purge(task.key, at: now, in: connection)
        }
    }

    /// Forgets a small task that has ended, with its record.
    package func forget(_ task: StoredTask) async throws {
        try await committer.write(bytes: 0) { try TaskTable.forget(task.key, in: $0) }
    }

    /// Compares a submission that is now known whole with the one that was accepted under its key.
    ///
    /// - Throws: always: ``IdempotencyKey/Replay`` for the same one, else ``QueueError/keyMismatch`` or
    ///   ``QueueError/keyInProgress``.
    package func compare(_ key: IdempotencyKey, owner: String) async throws -> Never {
        let now = clock.now
        try await committer.write(bytes: 0) { try key.check(owner: owner, at: now, in: $0) }
        throw QueueError.keyInProgress
    }
}
