package import Core

/// The statements on tasks.
package enum TaskTable {
    /// What a new task is made of.
    package struct Draft: Sendable {
        package var id: TaskID
        package var owner: String
        package var name: String?
        package var metadata: [String: String] = [:]
        package var source = PredictionTask.Source.async
        package var priority: Priority
        package var createdAt: WallTime
        /// When rows that have not run are given up; nil for never.
        package var deadline: WallTime?
        /// How long results are kept after the end; nil for as long as the service keeps them.
        package var keepFor: Duration?
        package var kept = KeptInput.none
        /// Whom to tell of the end; nil for nobody.
        package var webhook: String?
        /// The task whose rows this one runs again.
        package var parent: Parent?

        /// Where a task's rows come from, when they are another task's.
        package struct Parent: Sendable {
            package let task: Int64
            package let relation: PredictionTask.Relation

            package init(_ task: StoredTask, _ relation: PredictionTask.Relation) {
                self.task = task.key
                self.relation = relation
            }
        }

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
        try insert(draft, model: model, receiver: receiver, input: nil, in: connection)
    }

    /// Inserts a task of one row, complete with its input.
    ///
    /// - Returns: the task's key.
    package static func insertSingle(
        _ draft: Draft, model: Int64, payload: [UInt8], bytes: Int, in connection: Connection
    ) throws -> Int64 {
        try insert(draft, model: model, receiver: nil, input: payload, bytes: bytes, in: connection)
    }

    private static func insert(
        _ draft: Draft, model: Int64, receiver: Int64?, input: [UInt8]?, bytes: Int = 0,
        in connection: Connection
    ) throws -> Int64 {
        let key = try connection.insert(
            into: "task", connection.engine == .sqlite ? insertSQL : serverInsertSQL,
            .blob(draft.id.bytes), .text(draft.owner), .optional(draft.name), .integer(model),
            .text(draft.priority.rawValue), .optional(receiver), .optional(input), .time(draft.createdAt),
            .text(draft.source.rawValue), .optional(draft.metadataText), .optional(draft.deadline),
            .optional(draft.keepFor?.wholeMilliseconds), .text(draft.kept.rawValue),
            .optional(draft.parent?.task), .optional(draft.parent?.relation.rawValue),
            .optional(draft.webhook), .integer(bytes))
        if let parent = draft.parent, parent.relation == .retry { try clearDead(parent.task, in: connection) }
        return key
    }

    /// By itself SQLite gives the key of the last task again when that task was deleted, and whoever still has that task in
    /// hand would read, or stop, another one.
    private static let insertSQL = insertSQL(
        key: """
            coalesce(?1, 1 + max(coalesce((SELECT max(key) FROM task), 0), coalesce((SELECT last FROM last_task), 0)))
            """)

    private static let serverInsertSQL = insertSQL(key: "?1")

    private static func insertSQL(key: String) -> String {
        """
        INSERT INTO task (key, id, owner, name, model, priority, status, input_state, input_bytes, rows, chunks,
            receiver, input, created_ms, source, metadata, deadline_ms, keep_ms, kept, parent, relation,
            webhook)
        VALUES (\(key), ?2, ?3, ?4, ?5, ?6, 'pending', CASE WHEN ?7 IS NULL THEN 'complete' ELSE 'receiving' END, ?18,
            CASE WHEN ?7 IS NULL THEN 1 ELSE 0 END, CASE WHEN ?7 IS NULL THEN 1 ELSE 0 END, ?7, ?8, ?9, ?10, ?11, ?12,
            ?13, ?14, ?15, ?16, ?17)
        """
    }

    /// Takes a task off the list of those with dead rows: they run again elsewhere.
    private static func clearDead(_ task: Int64, in connection: Connection) throws {
        try connection.run("UPDATE task SET dead = 0 WHERE key = ?", .integer(task))
    }

    /// Counts a chunk that was appended to a task.
    ///
    /// - Parameter receiver: who receives the rows; another may have taken over.
    /// - Returns: the chunk's position and its first row; nil when the task no longer receives rows from there.
    package static func append(
        to task: Int64, receiver: Int64, rows: Int, bytes: Int, in connection: Connection
    ) throws -> (position: Int, firstRow: Int)? {
        try connection.first(
            """
            UPDATE task SET chunks = chunks + 1, rows = rows + ?2, input_bytes = input_bytes + ?3,
                revision = revision + 1
            WHERE key = ?1 AND receiver = ?4
            RETURNING chunks - 1, rows - ?2
            """, .integer(task), .integer(rows), .integer(bytes), .integer(receiver)
        ) { ($0.int(0), $0.int(1)) }
    }

    /// Ends the input of a task; the task itself ends here when all its rows are done already.
    ///
    /// - Parameter tailBytes: bytes of the input after the last row.
    /// - Returns: the task's status now; nil when the receiver was no longer the one.
    package static func seal(
        _ task: Int64, receiver: Int64, tailBytes: Int, at time: WallTime, retention: Duration,
        in connection: Connection
    ) throws -> PredictionTask.Status? {
        let sealed = try connection.run(
            """
            UPDATE task SET input_state = 'complete', receiver = NULL, input_bytes = input_bytes + ?3,
                revision = revision + 1
            WHERE key = ?1 AND receiver = ?2
            """, .integer(task), .integer(receiver), .integer(tailBytes))
        if sealed == 0 { return nil }
        return try count(
            [TaskProgress(task: task, startedAt: nil)], at: time, retention: retention, in: connection)[0]?.status
    }

    /// Deletes a small task that has ended, with all that it had: nothing of it is kept, not even its record.
    package static func forget(_ task: Int64, in connection: Connection) throws { try forget([task], in: connection) }

    /// The same for several tasks; those that have not ended are passed over.
    package static func forget(_ tasks: [Int64], in connection: Connection) throws {
        let ended = zip(
            tasks,
            try connection.runEach(
                "DELETE FROM task WHERE key = ? AND completed_ms IS NOT NULL", tasks.map { [.integer($0)] }))
        let forgotten = ended.filter { $0.1 == 1 }.map(\.0)
        if let last = forgotten.max() { try keepKey(last, in: connection) }
        let ranges = forgotten.map { task -> [SQLValue] in
            let keys = ChunkKey.all(of: task)
            return [.integer(keys.lowerBound), .integer(keys.upperBound)]
        }
        for table in ["payload", "result", "record"] {
            try connection.enqueueEach("DELETE FROM \(table) WHERE chunk BETWEEN ? AND ?", ranges)
        }
        for sql in [
            "DELETE FROM input WHERE task = ?", "DELETE FROM idempotency WHERE task = ?",
            "UPDATE task SET parent = NULL WHERE parent = ?",
        ] {
            try connection.enqueueEach(sql, forgotten.map { [.integer($0)] })
        }
    }
}

extension TaskTable {
    /// Notes the key of a deleted task that was the last one, so that the next task gets another.
    static func keepKey(_ key: Int64, in connection: Connection) throws {
        guard connection.engine == .sqlite else { return }
        try connection.run(
            """
            INSERT INTO last_task (key, last) SELECT 1, ?1 WHERE ?1 > (SELECT coalesce(max(key), 0) FROM task)
            ON CONFLICT (key) DO UPDATE SET last = max(last_task.last, excluded.last)
            """, .integer(key))
    }
}

extension TaskTable.Draft {
    /// The metadata as JSON; nil when there is none.
    fileprivate var metadataText: String? {
        if metadata.isEmpty { return nil }
        let bytes = JSONWriter.write { json in
            json.object { json in
                for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
                    json.key(escaping: name)
                    json.value(value)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
