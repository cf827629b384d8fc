package import Core

/// Which tasks a list shows.
package struct TaskFilter: Sendable {
    package var status: PredictionTask.Status?
    package var model: String?
    package var version: String?
    package var name: String?
    /// Tasks older than this one.
    package var before: TaskID?

    package init(
        status: PredictionTask.Status? = nil, model: String? = nil, version: String? = nil, name: String? = nil,
        before: TaskID? = nil
    ) {
        self.status = status
        self.model = model
        self.version = version
        self.name = name
        self.before = before
    }
}

extension TaskTable {
    /// The ids of an owner's tasks, newest first.
    ///
    /// A running task that has scored nothing is `pending` in the table and `processing` to callers; the filter goes by the
    /// table, so that it need not look at chunks.
    package static func list(
        owner: String, _ filter: TaskFilter, limit: Int, in connection: Connection
    ) throws -> [TaskID] {
        try connection.all(
            """
            SELECT id FROM task WHERE owner = ?1 AND (?2 IS NULL OR id < ?2) AND (?3 IS NULL OR status = ?3)
                AND (?4 IS NULL OR name = ?4)
                AND ((?5 IS NULL AND ?6 IS NULL) OR model IN
                    (SELECT key FROM model WHERE (?5 IS NULL OR model.name = ?5) AND (?6 IS NULL OR version = ?6)))
            ORDER BY id DESC LIMIT ?7
            """,
            .text(owner), .optional(filter.before?.bytes), .optional(filter.status?.rawValue), .optional(filter.name),
            .optional(filter.model), .optional(filter.version), .integer(limit)
        ) { TaskID(bytes: $0.blob(0))! }
    }
}
