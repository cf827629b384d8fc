package import Core

/// Which tasks a list shows.
package struct TaskFilter: Sendable {
    package var status: PredictionTask.Status?
    package var model: String?
    package var version: String?
    package var name: String?
    package var source: PredictionTask.Source
    /// One of the strings that the task must have in its metadata.
    package var metadata: (name: String, value: String)?
    /// Tasks older than this one.
    package var before: TaskID?

    package init(
        status: PredictionTask.Status? = nil, model: String? = nil, version: String? = nil, name: String? = nil,
        source: PredictionTask.Source = .async, metadata: (name: String, value: String)? = nil, before: TaskID? = nil
    ) {
        self.status = status
        self.model = model
        self.version = version
        self.name = name
        self.source = source
        self.metadata = metadata
        self.before = before
    }
}

extension TaskFilter {
    /// Whether tasks may be passed over.
    fileprivate var isChoosing: Bool {
        status != nil || model != nil || version != nil || name != nil || metadata != nil
    }
}

/// Some tasks of a list.
package struct TaskPage: Sendable {
    package let tasks: [StoredTask]
    /// Where the list goes on: behind this task; nil when these are the last.
    package let next: TaskID?
}

extension TaskTable {
    /// An owner's tasks, newest first.
    ///
    /// A running task that has scored nothing is `pending` in the table and `processing` to callers; the filter goes by the
    /// table, so that it need not look at chunks.
    package static func list(
        owner: String, _ filter: TaskFilter, limit: Int, models: ModelRegistry, in connection: Connection
    ) throws -> TaskPage {
        let end = filter.isChoosing ? try endOfLook(owner: owner, filter, in: connection) : nil
        let tasks = try connection.all(
            connection.engine == .sqlite ? listSQL : serverListSQL, .text(owner),
            .blob(filter.before?.bytes ?? afterAll), .optional(filter.status?.rawValue),
            .optional(filter.name),
            .optional(filter.model), .optional(filter.version), .integer(limit),
            .text(filter.source.rawValue), .optional(filter.metadata?.name), .optional(filter.metadata?.value),
            .blob(end?.bytes ?? [])
        ) { try stored($0, models: models, in: connection) }
        return TaskPage(tasks: tasks, next: tasks.count == limit ? tasks.last?.task.id : end)
    }

    /// The last task that one look goes through; nil when it comes to the end of all.
    private static func endOfLook(
        owner: String, _ filter: TaskFilter, in connection: Connection
    ) throws -> TaskID? {
        try connection.first(
            endOfLookSQL, .text(owner), .text(filter.source.rawValue), .blob(filter.before?.bytes ?? afterAll)
        ) { try $0.taskID(0) }
    }

    static let endOfLookSQL = """
        SELECT id FROM task WHERE owner = ? AND source = ? AND id < ? ORDER BY id DESC
        LIMIT 1 OFFSET \(Limits.lookedTasks - 1)
        """

    /// A page begins where the last one ended, within the index: late pages cost what the first one does.
    static let listSQL = listSQL(
        metadata: "SELECT 1 FROM json_each(task.metadata) AS own WHERE own.key = ?9 AND own.value = ?10")

    private static let serverListSQL = listSQL(metadata: "SELECT 1 WHERE task.metadata::json ->> ?9 = ?10")

    private static func listSQL(metadata: String) -> String {
        selectSQL(
            """
            WHERE owner = ?1 AND source = ?8 AND id < ?2 AND id >= ?11 AND (?3 IS NULL OR status = ?3)
                AND (?4 IS NULL OR name = ?4)
                AND ((?5 IS NULL AND ?6 IS NULL) OR model IN
                    (SELECT key FROM model WHERE (?5 IS NULL OR model.name = ?5) AND (?6 IS NULL OR version = ?6)))
                AND (?9 IS NULL OR EXISTS
                    (\(metadata)))
            ORDER BY id DESC LIMIT ?7
            """)
    }

    /// Greater than every id: one byte longer than the greatest.
    private static let afterAll = [UInt8](repeating: 0xFF, count: 17)
}
