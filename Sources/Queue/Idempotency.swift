package import Core
package import Store

/// A caller's key for a submission, under which it may be repeated without being done twice.
package struct IdempotencyKey: Sendable, Equatable {
    /// The key as the caller chose it.
    package let text: String
    /// The SHA-256 of body, route and options: what "the same submission" means.
    package var fingerprint: [UInt8]?
    /// What only the first answer knew, as JSON, for those who repeat the submission.
    package var answer: String?

    /// - Parameter fingerprint: nil while the body is not known whole.
    package init(_ text: String, fingerprint: [UInt8]? = nil) {
        self.text = text
        self.fingerprint = fingerprint
    }

    /// Takes the key inside the transaction that accepts the submission.
    ///
    /// - Throws: ``MustCompare`` for one without a fingerprint; ``Replay`` when the very submission was accepted before; ``QueueError/keyInProgress``,
    ///   ``QueueError/keyMismatch``. Nothing is kept then.
    func take(for task: Int64, owner: String, at time: WallTime, in connection: Connection) throws {
        try check(owner: owner, at: time, in: connection)
        let isTaken = try IdempotencyTable.insert(
            text, owner: owner, fingerprint: fingerprint, answer: answer, task: task, at: time, in: connection)
        if isTaken { return }
        // Where several write at a time, another may have been faster since the look.
        try check(owner: owner, at: time, in: connection)
        throw QueueError.keyInProgress
    }

    func check(owner: String, at time: WallTime, in connection: Connection) throws {
        guard let found = try IdempotencyTable.find(text, owner: owner, at: time, in: connection) else { return }
        throw try replay(of: found)
    }

    /// What this submission is, now that another was accepted under its key.
    ///
    /// - Throws: ``MustCompare``, ``QueueError/keyInProgress``, ``QueueError/keyMismatch``.
    package func replay(of found: IdempotencyTable.Found) throws -> Replay {
        guard let known = found.fingerprint else { throw QueueError.keyInProgress }
        guard let fingerprint else { throw MustCompare() }
        guard fingerprint == known else { throw QueueError.keyMismatch }
        return Replay(task: found.task, createdAt: found.createdAt, rows: found.rows, answer: found.answer)
    }

    /// The key stands for a whole submission, and this one is known whole only at its end: read on, then compare.
    package struct MustCompare: Error {}

    /// The very submission was accepted before: its caller gets the first answer again.
    package struct Replay: Error {
        package let task: TaskID
        package let createdAt: WallTime
        package let rows: Int
        /// What only the first answer knew; nil when it knew nothing more, or is not kept yet.
        package let answer: String?
    }
}
