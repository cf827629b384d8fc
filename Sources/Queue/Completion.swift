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
        let isHeld = try ChunkTable.delete(finished.map(\.key), token: claim.token, in: connection)
        for (chunk, isHeld) in zip(finished, isHeld) {
            if isHeld { held[chunk.key.task, default: []].append(chunk) } else { stored.lost += 1 }
        }
        // In one order by all, so that two who complete the same tasks do not wait for each other in a circle.
        let tasks = held.sorted { $0.key < $1.key }.map(\.value)
        let counted = try TaskTable.count(tasks.map(progress(of:)), at: time, retention: retention, in: connection)
        var kept: [(chunk: FinishedChunk, kept: KeptInput)] = []
        for (chunks, counted) in zip(tasks, counted) {
            guard let counted else { continue }
            stored.count(chunks)
            if counted.status.isFinal { stored.ended.append(EndedTask(id: counted.id, status: counted.status)) }
            kept += chunks.filter { !$0.isInTask }.map { ($0, counted.kept) }
        }
        try keep(kept, in: connection)
        // A success of any row closes the model's breaker.
        if finished.contains(where: { $0.succeeded > 0 }) {
            try BreakerTable.succeed(claim.model, in: connection)
        }
        let rows = stored.succeeded + stored.failed
        if rows > 0, let rowCost {
            try BacklogTable.settle(rows, rowCost: rowCost, model: claim.model, in: connection)
        } else if rows > 0 {
            BacklogTable.add(-rows, model: claim.model, in: connection)
        }
        return stored
    }

    /// What the chunks of one task add to it.
    private func progress(of chunks: [FinishedChunk]) -> TaskProgress {
        var progress = TaskProgress(task: chunks[0].key.task, startedAt: chunks.map(\.startedAt).min())
        for chunk in chunks {
            progress.succeeded += chunk.succeeded
            progress.failed += chunk.failed
            progress.dead += chunk.dead
            if chunk.isInTask { progress.singleResult = chunk.result }
        }
        return progress
    }

    /// Stores results; the columns stay where they may be run again: all of them, or those with rows that failed here.
    private func keep(_ chunks: [(chunk: FinishedChunk, kept: KeptInput)], in connection: Connection) throws {
        try ResultTable.insert(chunks.map(\.chunk.stored), in: connection)
        let done = chunks.filter { chunk, kept in
            let mayRunAgain = kept == .columns || kept == .records && chunk.hasRetryableFaults
            return !mayRunAgain
        }
        try PayloadTable.delete(done.map(\.chunk.key), in: connection)
    }
}
