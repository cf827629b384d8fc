internal import Core
package import Store

/// Uploads that come after their task was accepted, and go on after a break.
extension Submissions {
    /// A task whose upload goes on, and where.
    package struct Resumed: Sendable {
        package let receiving: Receiving
        /// How its stream is read.
        package var input: StoredInput
        /// Bytes of the input that are stored.
        package let offset: Int
        /// Rows that are stored.
        package let rows: Int
    }

    /// Accepts a task whose rows come in requests of their own.
    ///
    /// - Throws: the room's and the disk's errors, ``IdempotencyKey/Replay`` and the key's errors.
    package func open(later request: Request) async throws {
        try checkDisk()
        let now = clock.now
        try await committer.write(bytes: 0, reaching: .rows) { [room] connection in
            try room.check(adding: 0, in: connection)
            let model = try ModelTable.key(of: request.model, output: request.output, in: connection)
            _ = try Self.open(
                request, model: model, receiver: TaskTable.nobody, idleUntil: now + Limits.uploadIdle, at: now,
                in: connection)
        }
    }

    /// Takes over the upload of a task: whoever sent rows before can send no more.
    ///
    /// - Parameters:
    ///   - request: as the task was opened; its draft is the stored task's.
    ///   - offset: where the sender goes on; it must be where the stored input ends.
    /// - Throws: ``QueueError/notReceiving``; ``QueueError/wrongOffset(stored:)``; ``QueueError/ownershipLost`` when this
    ///   process was declared dead.
    package func resume(
        _ stored: StoredTask, as request: Request, at offset: Int, receiver: Owner
    ) async throws -> Resumed {
        let token = makeReceiver(receiver)
        let idleUntil = clock.now + Limits.uploadIdle
        return try await committer.write(bytes: 0) { connection in
            try Self.checkOwner(receiver, in: connection)
            guard let progress = try TaskTable.received(of: stored.key, in: connection),
                let input = try InputTable.find(stored.key, in: connection)
            else { throw QueueError.notReceiving }
            guard progress.bytes == offset else { throw QueueError.wrongOffset(stored: progress.bytes) }
            // A stream that came with its submission has a sender, and would be nobody's after a break.
            guard try InputTable.extend(stored.key, until: idleUntil, in: connection),
                try TaskTable.receive(stored.key, as: token, in: connection)
            else { throw QueueError.notReceiving }
            let model = try ModelTable.key(of: request.model, output: request.output, in: connection)
            let receiving = Receiving(
                id: stored.task.id, task: stored.key, model: model, receiver: token,
                rank: try request.rank(of: model, rows: nil, startingAt: progress.rows, in: connection),
                start: ChunkStart(notBefore: request.notBefore, isHeld: request.isHeld), isResumable: true)
            return Resumed(receiving: receiving, input: input, offset: progress.bytes, rows: progress.rows)
        }
    }

    /// Lets go of a task whose upload broke: it may go on where its stored input ends.
    package func pause(_ receiving: Receiving) async throws {
        let idleUntil = clock.now + Limits.uploadIdle
        try await committer.write(bytes: 0) { connection in
            guard try TaskTable.release(receiving.task, from: receiving.receiver, in: connection) else { return }
            try InputTable.extend(receiving.task, until: idleUntil, in: connection)
        }
    }
}
