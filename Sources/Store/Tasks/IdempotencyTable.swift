package import Core

/// The statements on keys under which submissions may be repeated.
package enum IdempotencyTable {
    /// What is known under a key.
    package struct Found: Sendable {
        /// The submission's fingerprint; nil while it still runs.
        package let fingerprint: [UInt8]?
        package let task: TaskID
        package let createdAt: WallTime
        package let rows: Int
        /// What only the first answer knew, as JSON.
        package let answer: String?
    }

    /// What was submitted under a key, unless that is too long ago.
    package static func find(
        _ key: String, owner: String, at time: WallTime, in connection: Connection
    ) throws -> Found? {
        try connection.first(
            """
            SELECT fingerprint, task.id, task.created_ms, task.rows, answer FROM idempotency
            JOIN task ON task.key = idempotency.task
            WHERE idempotency.owner = ? AND idempotency.key = ? AND idempotency.created_ms > ?
            """, .text(owner), .text(key), .time(time - Limits.idempotency)
        ) {
            Found(
                fingerprint: $0.optionalBlob(0), task: try $0.taskID(1), createdAt: $0.time(2),
                rows: $0.int(3), answer: $0.optionalText(4))
        }
    }

    /// Takes a key for a task.
    ///
    /// - Parameters:
    ///   - fingerprint: nil while the submission's content is not known whole.
    ///   - answer: what only the first answer knew.
    /// - Returns: false when another submission has taken it in this moment.
    package static func insert(
        _ key: String, owner: String, fingerprint: [UInt8]?, answer: String?, task: Int64, at time: WallTime,
        in connection: Connection
    ) throws -> Bool {
        try connection.run(
            """
            INSERT INTO idempotency (owner, key, fingerprint, answer, task, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
            ON CONFLICT (owner, key) DO UPDATE SET fingerprint = excluded.fingerprint, answer = excluded.answer,
                task = excluded.task, created_ms = excluded.created_ms WHERE idempotency.created_ms <= ?7
            """, .text(owner), .text(key), .optional(fingerprint), .optional(answer), .integer(task), .time(time),
            .time(time - Limits.idempotency)) == 1
    }

    /// Completes the key of a task whose content is now known whole.
    package static func complete(
        task: Int64, fingerprint: [UInt8], answer: String?, in connection: Connection
    ) throws {
        try connection.run(
            "UPDATE idempotency SET fingerprint = ?, answer = ? WHERE task = ?", .blob(fingerprint), .optional(answer),
            .integer(task))
    }

    /// Frees the key of a submission whose input will never be whole: it may be repeated.
    package static func freeBroken(task: Int64, in connection: Connection) throws {
        try connection.run(
            """
            DELETE FROM idempotency WHERE task = ?1
                AND EXISTS (SELECT 1 FROM task WHERE key = ?1 AND input_state = 'broken')
            """, .integer(task))
    }

    /// Whether a key is too old.
    package static func isAnyDue(at time: WallTime, in connection: Connection) throws -> Bool {
        try connection.first(
            "SELECT 1 FROM idempotency WHERE created_ms <= ? LIMIT 1", .time(time - Limits.idempotency)
        ) { _ in true } ?? false
    }

    /// Forgets keys that are too old, a bounded number.
    ///
    /// - Returns: their number.
    package static func sweep(at time: WallTime, in connection: Connection) throws -> Int {
        try connection.run(
            """
            DELETE FROM idempotency WHERE (owner, key) IN
                (SELECT owner, key FROM idempotency WHERE created_ms <= ? LIMIT ?)
            """, .time(time - Limits.idempotency), .integer(Limits.sweptKeys))
    }
}
