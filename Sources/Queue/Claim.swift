package import Core
package import Store

/// Chunks that a worker has leased, all of one model version.
package struct Claim: Sendable {
    /// The model's key in the database.
    package let model: Int64
    /// Fences the lease: every write that ends it must show this number.
    package let token: Int64
    package var chunks: [ClaimedChunk]

    package var rows: Int { chunks.reduce(0) { $0 + $1.rows } }
}

/// One leased chunk.
package struct ClaimedChunk: Sendable {
    package let key: ChunkKey
    package let firstRow: Int
    package let rows: Int
    /// Whether it must run alone, because it was in a run that failed or in a worker that died.
    package let isSuspect: Bool
    /// Runs that ended in an error, alone.
    package let attempts: Int
    /// Crashes of a worker while it ran alone.
    package let crashes: Int
    /// What its deaths have told.
    package let suspicion: Suspicion
    /// Its place in the order.
    let rank: Int64
    /// The rows as stored; nil when they are gone.
    package var payload: PayloadTable.Found?

    init(_ row: borrowing Row) {
        key = ChunkKey(rawValue: row.integer(0))
        firstRow = row.int(1)
        rows = row.int(2)
        isSuspect = row.int(4) != 0
        attempts = row.int(5)
        crashes = row.int(6)
        suspicion = Suspicion(
            bad: row.isNull(7) ? nil : row.int(7)..<row.int(7) + row.int(8),
            poison: row.optionalText(9).map(Suspicion.rows(from:)) ?? [])
        rank = row.integer(10)
        payload = nil
    }
}

/// The end of one chunk: what its rows came to.
package struct FinishedChunk: Sendable {
    let key: ChunkKey
    let firstRow: Int
    let rows: Int
    let succeeded: Int
    let failed: Int
    /// The result as it is stored.
    var stored: StoredResult { StoredResult(key: key, firstRow: firstRow, rows: rows, body: result) }
    /// Whether rows failed that could succeed another time.
    var hasRetryableFaults: Bool { dead > 0 }
    /// Rows that were right and failed for good.
    let dead: Int
    let result: [UInt8]
    /// Whether the result goes where the input was: into the task itself.
    let isInTask: Bool
    let startedAt: WallTime

    /// - Parameters:
    ///   - predictions: as many as the chunk has rows.
    ///   - startedAt: when the run began.
    package init(_ chunk: ClaimedChunk, predictions: Predictions, startedAt: WallTime) {
        precondition(predictions.count == chunk.rows, "rows out must be rows in")
        key = chunk.key
        firstRow = chunk.firstRow
        rows = chunk.rows
        succeeded = predictions.succeededCount
        failed = predictions.faults.count
        dead = predictions.faults.count { $0.code.isRetryable }
        result = predictions.encoded()
        isInTask = chunk.payload?.isInTask ?? false
        self.startedAt = startedAt
    }
}
