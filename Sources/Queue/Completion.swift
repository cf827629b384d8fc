internal import Core
internal import Store

/// Ends the leases of one claim: results, counts, leases and backlog together.
struct Completion {
    let claim: Claim
    let time: WallTime
    let retention: Duration
    /// What a row of the run cost, in microseconds; nil when nothing ran.
    let rowCost: Double?

    /// What became of the chunks.
    struct Stored {
        /// Chunks that others have by now: their results were dropped.
        var lost = 0
        /// The tasks that ended here.
        var ended: [EndedTask] = []
        var succeeded = 0
        var failed = 0

        fileprivate mutating func count(_ chunks: [FinishedChunk]) {
            for chunk in chunks {
                succeeded += chunk.succeeded
                failed += chunk.failed
            }
        }
    }

    init(claim: Claim, rowCost: Double?, at time: WallTime, retention: Duration) {
        self.rowCost = rowCost
        self.claim = claim
        self.time = time
        self.retention = retention
    }

    /// Stores the results of chunks whose lease still holds.
    func store(_ finished: [FinishedChunk], in connection: Connection) throws -> Stored {
        var stored = Stored()
        var held: [Int64: [FinishedChunk]] = [:]
        for chunk in finished {
            if try ChunkTable.delete(chunk.key, token: claim.token, in: connection) {
                held[chunk.key.task, default: []].append(chunk)
            } else {
                stored.lost += 1
            }
        }
        for (task, chunks) in held {
            let (ended, isCounted) = try store(chunks, of: task, in: connection)
            if let ended { stored.ended.append(ended) }
            if isCounted { stored.count(chunks) }
        }
        // A success of any row closes the model's breaker.
        if finished.contains(where: { $0.succeeded > 0 }) {
            try BreakerTable.succeed(claim.model, in: connection)
        }
        let rows = stored.succeeded + stored.failed
        if rows > 0, let rowCost {
            try BacklogTable.settle(rows, rowCost: rowCost, model: claim.model, in: connection)
        } else if rows > 0 {
            try BacklogTable.add(-rows, model: claim.model, in: connection)
        }
        return stored
    }

    private func store(
        _ chunks: [FinishedChunk], of task: Int64, in connection: Connection
    ) throws -> (ended: EndedTask?, isCounted: Bool) {
        var progress = TaskProgress(task: task, startedAt: chunks.map(\.startedAt).min())
        for chunk in chunks {
            progress.succeeded += chunk.succeeded
            progress.failed += chunk.failed
            progress.dead += chunk.dead
            if chunk.isInTask { progress.singleResult = chunk.result }
        }
        guard let counted = try TaskTable.count(progress, at: time, retention: retention, in: connection) else {
            return (nil, false)
        }
        for chunk in chunks where !chunk.isInTask { try keep(chunk, counted.kept, in: connection) }
        return (counted.status.isFinal ? EndedTask(id: counted.id, status: counted.status) : nil, true)
    }

    /// Stores a result; the columns stay where they may be run again: all of them, or those with rows that failed here.
    private func keep(_ chunk: FinishedChunk, _ kept: KeptInput, in connection: Connection) throws {
        try ResultTable.insert(
            chunk.key, firstRow: chunk.firstRow, rows: chunk.rows, body: chunk.result, in: connection)
        let mayRunAgain = kept == .columns || kept == .records && chunk.hasRetryableFaults
        if !mayRunAgain { try PayloadTable.delete(chunk.key, in: connection) }
    }
}
