internal import Core
internal import Store

/// Ends the leases of one claim: results, counts, leases and backlog together.
struct Completion {
    let claim: Claim
    let time: WallTime
    let retention: Duration
    /// What a row of the run cost, in microseconds; nil when nothing ran.
    let rowCost: Double?

    init(claim: Claim, rowCost: Double?, at time: WallTime, retention: Duration) {
        self.rowCost = rowCost
        self.claim = claim
        self.time = time
        self.retention = retention
    }

    /// Stores the results of chunks whose lease still holds.
    ///
    /// - Returns: how many chunks were lost to others, and the tasks that ended here.
    func store(_ finished: [FinishedChunk], in connection: Connection) throws -> (lost: Int, ended: [TaskID]) {
        var lost = 0
        var held: [Int64: [FinishedChunk]] = [:]
        for chunk in finished {
            if try ChunkTable.delete(chunk.key, token: claim.token, in: connection) {
                held[chunk.key.task, default: []].append(chunk)
            } else {
                lost += 1
            }
        }
        var ended: [TaskID] = []
        var rows = 0
        for (task, chunks) in held {
            let (id, isCounted) = try store(chunks, of: task, in: connection)
            if let id { ended.append(id) }
            if isCounted { rows += chunks.reduce(0) { $0 + $1.rows } }
        }
        // A success of any row closes the model's breaker.
        if finished.contains(where: { $0.succeeded > 0 }) {
            try BreakerTable.succeed(claim.model, in: connection)
        }
        if rows > 0, let rowCost {
            try BacklogTable.settle(rows, rowCost: rowCost, model: claim.model, in: connection)
        } else if rows > 0 {
            try BacklogTable.add(-rows, model: claim.model, in: connection)
        }
        return (lost, ended)
    }

    private func store(
        _ chunks: [FinishedChunk], of task: Int64, in connection: Connection
    ) throws -> (ended: TaskID?, isCounted: Bool) {
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
        return (counted.status.isFinal ? counted.id : nil, true)
    }

    /// Stores a result; the columns stay where they may be run again: all of them, or those with rows that failed here.
    private func keep(_ chunk: FinishedChunk, _ kept: KeptInput, in connection: Connection) throws {
        try ResultTable.insert(
            chunk.key, firstRow: chunk.firstRow, rows: chunk.rows, body: chunk.result, in: connection)
        let mayRunAgain = kept == .columns || kept == .records && chunk.hasRetryableFaults
        if !mayRunAgain { try PayloadTable.delete(chunk.key, in: connection) }
    }
}
