package import Core
package import Store

/// Reads how full the queue is, a model each, for those who watch over the service.
package struct Congestion: Sendable {
    /// What waits for one version of a model.
    package struct Backlog: Sendable, Equatable {
        package let model: ModelIdentity
        /// Rows accepted and not yet done.
        package let rows: Int
        /// When the oldest task among those next in turn was accepted; nil when none waits.
        package let oldest: WallTime?
    }

    private let readers: Readers
    private let models: ModelRegistry

    package init(readers: Readers, models: ModelRegistry) {
        self.readers = readers
        self.models = models
    }

    /// Every version for which rows were ever accepted.
    ///
    /// The counts are kept, and of the chunks only the next few are looked at: the cost does not grow with the queue.
    package func backlogs() throws -> [Backlog] {
        try readers.read { connection in
            try BacklogTable.all(in: connection).map { entry in
                Backlog(
                    model: try models.entry(for: entry.model, in: connection).identity, rows: entry.rows,
                    oldest: try connection.first(
                        Self.oldestSQL, .integer(entry.model), .integer(Limits.claimedChunks)
                    ) { $0.time(0) })
            }
        }
    }

    /// The oldest task of the chunks that are next in turn: ranks follow age, but priorities and costs shift them.
    static let oldestSQL = """
        SELECT created_ms FROM task WHERE key = (SELECT min(key) >> 24 FROM
            (SELECT key FROM chunk WHERE state = 'ready' AND model = ? ORDER BY rank LIMIT ?) AS next)
        """
}
