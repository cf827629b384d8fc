package import Core
internal import Foundation

extension TaskTable {
    /// Finds a task by its id.
    ///
    /// No row of an ended task is leased: its chunks are not looked for.
    package static func find(
        _ id: TaskID, models: ModelRegistry, in connection: Connection
    ) throws -> StoredTask? {
        try connection.first(idSQL, .blob(id.bytes)) { try stored($0, models: models, in: connection) }
    }

    /// Finds a task by its key.
    package static func find(
        key: Int64, models: ModelRegistry, in connection: Connection
    ) throws -> StoredTask? {
        try connection.first(keySQL, .integer(key)) { try stored($0, models: models, in: connection) }
    }

    /// Finds some tasks by their ids, in no order; many in a statement, since each is a way to a server and back.
    package static func find(
        _ ids: [TaskID], models: ModelRegistry, in connection: Connection
    ) throws -> [StoredTask] {
        try find("id", ids.map { .blob($0.bytes) }, models: models, in: connection)
    }

    /// Finds some tasks by their keys, in no order.
    package static func find(
        keys: [Int64], models: ModelRegistry, in connection: Connection
    ) throws -> [StoredTask] {
        try find("task.key", keys.map { .integer($0) }, models: models, in: connection)
    }

    /// The lengths of a list in a statement are few, so that each stays prepared.
    private static func find(
        _ column: String, _ values: [SQLValue], models: ModelRegistry, in connection: Connection
    ) throws -> [StoredTask] {
        var found: [StoredTask] = []
        for start in stride(from: 0, to: values.count, by: Limits.foundTasks) {
            var list = Array(values[start..<min(start + Limits.foundTasks, values.count)])
            let length = list.count == 1 ? 1 : list.count <= 8 ? 8 : Limits.foundTasks
            list += Array(repeating: list[0], count: length - list.count)
            let places = Array(repeating: "?", count: length).joined(separator: ", ")
            _ = try connection.perform(selectSQL("WHERE \(column) IN (\(places))"), list) { row in
                found.append(try stored(row, models: models, in: connection))
                return true
            }
        }
        return found
    }

    /// The tasks that run a task's failed rows again and still have results, newest first.
    static func retries(
        of task: Int64, limit: Int, models: ModelRegistry, in connection: Connection
    ) throws -> [StoredTask] {
        try connection.all(retriesSQL, .integer(task), .integer(limit)) {
            try stored($0, models: models, in: connection)
        }
    }

    private static let idSQL = selectSQL("WHERE id = ?")
    private static let keySQL = selectSQL("WHERE task.key = ?")
    static let retriesSQL = selectSQL(
        "WHERE parent = ? AND relation = 'retry' AND swept_ms IS NULL ORDER BY task.key DESC LIMIT ?")

    /// All that is read of a task, of those that a condition chooses; ``stored(_:models:in:)`` reads the columns.
    static func selectSQL(_ condition: String) -> String {
        """
        SELECT task.key, owner, name, model, priority, status, input_state, input_bytes, rows, succeeded, failed,
            failure, result, revision, created_ms, started_ms, completed_ms, results_until_ms, swept_ms,
            CASE WHEN status IN ('pending', 'processing', 'cancelling') THEN
                (SELECT coalesce(sum(rows), 0) FROM chunk WHERE state = 'leased'
                    AND chunk.key BETWEEN task.key << 24 AND task.key << 24 | 16777215)
            ELSE 0 END,
            source, metadata, deadline_ms, kept, format, warnings, id, dead,
            \(NextChunk.columnsSQL), refusal
        FROM task LEFT JOIN input ON input.task = task.key
        """ + "\n" + condition
    }

    /// Reads a task from a row of ``selectSQL(_:)``.
    static func stored(
        _ row: borrowing Row, models: ModelRegistry, in connection: Connection
    ) throws -> StoredTask {
        StoredTask(
            key: row.integer(0), task: try task(row, models: models, in: connection),
            kept: try row.word(23),
            result: try row.optionalBlob(12).map(Predictions.init(result:)),
            inputFormat: row.optionalText(24), warnings: row.optionalText(25), isSwept: !row.isNull(18),
            next: NextChunk(row, from: 28))
    }

    private static func task(
        _ row: borrowing Row, models: ModelRegistry, in connection: Connection
    ) throws -> PredictionTask {
        let model = try models.entry(for: row.integer(3), in: connection)
        let status: PredictionTask.Status = try row.word(5)
        let leased = row.int(19)
        var task = PredictionTask(
            id: try row.taskID(26), owner: row.text(1), name: row.optionalText(2), model: model.identity,
            output: model.output,
            priority: try row.word(4),
            status: status == .pending && leased > 0 ? .processing : status,
            input: try row.word(6), inputBytes: row.int(7),
            rows: counts(row, status: status, leased: leased),
            failure: row.optionalText(11).flatMap(ErrorCode.init(rawValue:)), createdAt: row.time(14),
            startedAt: row.optionalTime(15), completedAt: row.optionalTime(16),
            // A swept task has none, though the sweep may still have to look at it.
            resultsUntil: row.isNull(18) ? row.optionalTime(17) : nil,
            revision: row.int(13))
        task.refusal = row.optionalText(31)
        task.source = try row.word(20)
        task.metadata = try row.optionalText(21).map(metadata) ?? [:]
        task.deadline = row.optionalTime(22)
        return task
    }

    private static func metadata(_ text: String) throws -> [String: String] {
        do {
            return try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
        } catch {
            throw StoreError.corruptBlob
        }
    }

    /// Rows of an ended task that never ran are cancelled or expired, so that the counts add up to the total.
    private static func counts(
        _ row: borrowing Row, status: PredictionTask.Status, leased: Int
    ) -> PredictionTask.RowCounts {
        var counts = PredictionTask.RowCounts(total: row.int(8), succeeded: row.int(9), failed: row.int(10))
        if !status.isFinal {
            counts.processing = leased
        } else if status == .expired {
            counts.expired = counts.pending
        } else {
            counts.cancelled = counts.pending
        }
        return counts
    }
}

extension TaskTable {
    /// When a task was accepted; nil when there is none of that key.
    package static func acceptance(of task: Int64, in connection: Connection) throws -> WallTime? {
        try connection.first("SELECT created_ms FROM task WHERE key = ?", .integer(task)) { $0.time(0) }
    }
}
