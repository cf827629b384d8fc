package import Core

/// Reads tasks and their results.
///
/// Comes from: the database. Goes to: the API's answers. Every call is a short read on the caller's thread.
package final class TaskStore: Sendable {
    let readers: Readers
    let models: ModelRegistry

    package init(readers: Readers, models: ModelRegistry) {
        self.readers = readers
        self.models = models
    }

    /// Finds a task.
    ///
    /// - Parameter owner: whose task it must be.
    /// - Returns: nil when there is none, or it is another owner's.
    package func task(_ id: TaskID, owner: String) throws -> StoredTask? {
        try readers.readOnce { connection in
            guard let found = try TaskTable.find(id, models: models, in: connection) else { return nil }
            return found.task.owner == owner ? found : nil
        }
    }

    /// Whether a read of a few rows ends in microseconds now: no server is asked, and no connection is to be opened first.
    package var readsAtOnce: Bool { readers.readAtOnce }

    /// An owner's tasks, newest first.
    ///
    /// - Parameter limit: tasks at most, 1 to ``Limits/pageTasks``.
    /// - Returns: fewer than that, with a place to go on, where a filter left few of the ``Limits/lookedTasks`` tasks that
    ///   one look goes through.
    package func list(owner: String, _ filter: TaskFilter, limit: Int) throws -> TaskPage {
        try readers.read { try TaskTable.list(owner: owner, filter, limit: limit, models: models, in: $0) }
    }

    /// Finds some tasks, whoever's they are.
    package func tasks(_ ids: Set<TaskID>) throws -> [TaskID: StoredTask] {
        try readers.read { connection in
            let found = try TaskTable.find(Array(ids), models: models, in: connection)
            return Dictionary(found.map { ($0.task.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Finds those of some tasks that have ended.
    package func finished(among ids: [TaskID]) throws -> [StoredTask] {
        try readers.read { connection in
            try TaskTable.find(ids, models: models, in: connection).filter(\.task.status.isFinal)
        }
    }

    /// Reads results in row order, from a place on, as far as they reach without a gap, and up to ``Limits/pageBytes``.
    ///
    /// - Parameters:
    ///   - task: whose results.
    ///   - place: where to begin; ``ResultPlace/start`` for the first row.
    ///   - limit: rows at most, 1 to ``Limits/pageRows``.
    ///   - withRecords: whether the caller's own records are read too.
    ///   - wholeChunks: whether no chunk is parted; then the page may have up to ``Limits/chunkRows`` more rows.
    package func results(
        of task: StoredTask, from place: ResultPlace, limit: Int, withRecords: Bool = false, wholeChunks: Bool = false
    ) throws -> ResultPage {
        if let result = task.result { return ResultPage(single: result, from: place) }
        return try readers.read { connection in
            try ResultTable.page(
                ResultTable.Wanted(
                    task: task.key, rows: limit, isSkippingGaps: task.task.status.isFinal, withRecords: withRecords,
                    wholeChunks: wholeChunks),
                from: place, in: connection)
        }
    }

    /// What was submitted under a caller's key; nil for a new key, and for one that was used too long ago.
    package func submission(under key: String, owner: String, at time: WallTime) throws -> IdempotencyTable.Found? {
        try readers.read { try IdempotencyTable.find(key, owner: owner, at: time, in: $0) }
    }

    /// How a task's stream is read; nil when its rows came otherwise.
    package func input(of task: StoredTask) throws -> StoredInput? {
        try readers.read { try InputTable.find(task.key, in: $0) }
    }

    /// An owner's tasks with dead rows, newest first, each with their number.
    package func dead(owner: String, before: TaskID?, limit: Int) throws -> [(task: StoredTask, rows: Int)] {
        try readers.read {
            try TaskTable.dead(owner: owner, before: before, limit: limit, models: models, in: $0)
        }
    }

    /// The stored input of a task's next chunk from a position on: its columns, its records, or both, as far as they
    /// are kept.
    ///
    /// - Returns: nil when no later chunk has any.
    package func input(of task: StoredTask, from position: Int) throws -> ChunkInput? {
        try readers.read { try ChunkInput.next(of: task.key, from: position, in: $0) }
    }

    /// All results of a small task that has ended.
    ///
    /// - Parameter limit: rows at most; a synchronous batch is one chunk.
    package func allResults(of task: StoredTask, limit: Int) throws -> Predictions {
        guard let part = try results(of: task, from: .start, limit: limit).parts.first else {
            throw StoreError.corruptBlob
        }
        return part.predictions
    }

    /// The rows accepted and not yet done, over all models.
    package func waitingRows() throws -> Int {
        try readers.read { try BacklogTable.rows(in: $0) }
    }

    /// When the oldest task that has not ended was accepted; nil when none waits.
    package func oldestWaiting() throws -> WallTime? {
        try readers.read { connection in
            try connection.first(
                """
                SELECT created_ms FROM task WHERE key = (SELECT min(key) >> 24 FROM chunk)
                """
            ) { $0.time(0) }
        }
    }
}
