package import Core

/// The statements on tasks.
package enum TaskTable {
    /// What a new task is made of.
    package struct Draft: Sendable {
        package var id: TaskID
        package var owner: String
        package var name: String?
        package var priority: Priority
        package var createdAt: WallTime

        package init(id: TaskID, owner: String, name: String? = nil, priority: Priority, createdAt: WallTime) {
            self.id = id
            self.owner = owner
            self.name = name
            self.priority = priority
            self.createdAt = createdAt
        }
    }

    /// Inserts a task that receives rows until it is sealed.
    ///
    /// - Parameter receiver: the process that receives them; when it dies, the upload is broken.
    /// - Returns: the task's key.
    package static func open(
        _ draft: Draft, model: Int64, receiver: Int64, in connection: Connection
    ) throws -> Int64 {
        try insert(draft, model: model, receiver: .integer(receiver), input: nil, in: connection)
    }

    /// Inserts a task of one row, complete with its input.
    ///
    /// - Returns: the task's key.
    package static func insertSingle(
        _ draft: Draft, model: Int64, payload: [UInt8], bytes: Int, in connection: Connection
    ) throws -> Int64 {
        let key = try insert(draft, model: model, receiver: nil, input: payload, in: connection)
        try connection.run(
            "UPDATE task SET rows = 1, chunks = 1, input_bytes = ? WHERE key = ?", .integer(bytes), .integer(key))
        return key
    }

    private static func insert(
        _ draft: Draft, model: Int64, receiver: SQLValue, input: [UInt8]?, in connection: Connection
    ) throws -> Int64 {
        try connection.run(
            """
            INSERT INTO task (id, owner, name, model, priority, status, input_state, input_bytes, rows, chunks,
                receiver, input, created_ms)
            VALUES (?1, ?2, ?3, ?4, ?5, 'pending', iif(?6 IS NULL, 'complete', 'receiving'), 0, 0, 0, ?6, ?7, ?8)
            """,
            .blob(draft.id.bytes), .text(draft.owner), .optional(draft.name), .integer(model),
            .text(draft.priority.rawValue), receiver, .optional(input), .time(draft.createdAt))
        return connection.lastInsertedRow
    }

    /// Counts a chunk that was appended to a task.
    ///
    /// - Returns: the chunk's position and its first row; nil when the task no longer receives rows.
    package static func append(
        to task: Int64, rows: Int, bytes: Int, in connection: Connection
    ) throws -> (position: Int, firstRow: Int)? {
        try connection.first(
            """
            UPDATE task SET chunks = chunks + 1, rows = rows + ?2, input_bytes = input_bytes + ?3,
                revision = revision + 1
            WHERE key = ?1 AND input_state = 'receiving'
            RETURNING chunks - 1, rows - ?2
            """, .integer(task), .integer(rows), .integer(bytes)
        ) { ($0.int(0), $0.int(1)) }
    }

    /// Ends the input of a task; the task itself ends here when all its rows are done already.
    ///
    /// - Returns: whether the task was still receiving, and its status now.
    package static func seal(
        _ task: Int64, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> PredictionTask.Status? {
        let sealed = try connection.run(
            """
            UPDATE task SET input_state = 'complete', receiver = NULL, revision = revision + 1
            WHERE key = ? AND input_state = 'receiving'
            """, .integer(task))
        if sealed == 0 { return nil }
        return try count(
            TaskProgress(task: task, startedAt: nil), at: time, retention: retention, in: connection)?.status
    }

    /// Ends a task whose upload broke; what was scored stays.
    ///
    /// - Returns: the task's id and model, and the rows that will never run; nil when it no longer received rows.
    package static func breakUpload(
        _ task: Int64, because failure: ErrorCode, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> (id: TaskID, model: Int64, unfinishedRows: Int)? {
        try connection.first(
            """
            UPDATE task SET input_state = 'broken', receiver = NULL, status = 'failed', failure = ?2,
                completed_ms = ?3, results_until_ms = ?4, revision = revision + 1
            WHERE key = ?1 AND input_state = 'receiving'
            RETURNING id, model, rows - succeeded - failed
            """, .integer(task), .text(failure.rawValue), .time(time), .time(time + retention)
        ) { (TaskID(bytes: $0.blob(0))!, $0.integer(1), $0.int(2)) }
    }

    /// The tasks whose rows a process was receiving.
    package static func received(by receiver: Int64, in connection: Connection) throws -> [Int64] {
        try connection.all("SELECT key FROM task WHERE receiver = ?", .integer(receiver)) { $0.integer(0) }
    }
}
