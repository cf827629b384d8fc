package import Core
internal import Store

/// Rows of a model version that wait while no live worker serves it: nobody will ever run them by itself.
package struct StrandedRows: Sendable, Equatable {
    package let model: ModelIdentity
    package let rows: Int
    /// The model's key in the database.
    package let key: Int64

    /// Finds all, from counts that are kept: the cost does not grow with the queue.
    static func all(models: ModelRegistry, in connection: Connection) throws -> [StrandedRows] {
        try among(
            BacklogTable.all(in: connection), workers: OwnerTable.workers(in: connection), models: models,
            in: connection)
    }

    /// Finds those among counts that were read already.
    ///
    /// - Parameter workers: those that are alive.
    /// - Returns: nothing while no worker runs at all, which tells nothing of any model.
    static func among(
        _ entries: [BacklogTable.Entry], workers: Int, models: ModelRegistry, in connection: Connection
    ) throws -> [StrandedRows] {
        guard workers > 0, entries.contains(where: { $0.rows > 0 }) else { return [] }
        let served = try OwnerTable.expected(in: connection)
        return try entries.compactMap { entry in
            guard entry.rows > 0 else { return nil }
            let identity = try models.entry(for: entry.model, in: connection).identity
            return served.contains(identity) ? nil : StrandedRows(model: identity, rows: entry.rows, key: entry.model)
        }
    }

    /// What live workers serve, or are still to load; nil while none runs at all.
    static func served(in connection: Connection) throws -> Set<ModelIdentity>? {
        try OwnerTable.workers(in: connection) > 0 ? OwnerTable.expected(in: connection) : nil
    }

    /// What an operator should know, and do.
    package var reason: String {
        "\(rows) rows of `\(model.model)` \(model.version) (\(model.digest.prefix(12))) wait, and no worker serves that "
            + "version; restore it, or see `sibyl stranded`."
    }
}

/// The statements that find the tasks of one model version that have not ended.
package enum StrandedTable {
    /// One look through what waits of a model, in its order.
    struct Page {
        /// Tasks that may be ended, each once.
        var tasks: [Int64] = []
        /// Behind which place the next look begins; nil when nothing is left.
        var next: Place?
    }

    /// A place in the order of what waits: of the ready chunks by rank, then of the parked ones by key.
    package enum Place: Sendable, Equatable {
        case ready(rank: Int64, key: Int64)
        case parked(key: Int64)

        package static let start = Place.ready(rank: .min, key: .min)
    }

    static let readySQL = """
        SELECT key, rank FROM chunk WHERE state = 'ready' AND model = ? AND (rank, key) > (?, ?) ORDER BY rank, key LIMIT ?
        """

    /// Reads on from a place, at most some chunks.
    static func page(of model: Int64, from place: Place, chunks limit: Int, in connection: Connection) throws -> Page {
        switch place {
        case .ready(let rank, let key):
            let found = try connection.all(
                readySQL, .integer(model), .integer(rank), .integer(key), .integer(limit)
            ) { (key: ChunkKey(rawValue: $0.integer(0)), rank: $0.integer(1)) }
            let next =
                found.count == limit ? found.last.map { Place.ready(rank: $0.rank, key: $0.key.rawValue) } : nil
            return Page(tasks: tasks(of: found.map(\.key)), next: next ?? .parked(key: .min))
        case .parked(let key):
            let found = try connection.all(
                "SELECT key, model FROM parked WHERE key > ? ORDER BY key LIMIT ?", .integer(key),
                .integer(limit)
            ) { (key: ChunkKey(rawValue: $0.integer(0)), model: $0.integer(1)) }
            let next =
                found.count == limit ? found.last.map { Place.parked(key: $0.key.rawValue) } : nil
            return Page(tasks: tasks(of: found.filter { $0.model == model }.map(\.key)), next: next)
        }
    }

    private static func tasks(of keys: [ChunkKey]) -> [Int64] {
        var known: Set<Int64> = []
        return keys.map(\.task).filter { known.insert($0).inserted }
    }
}
