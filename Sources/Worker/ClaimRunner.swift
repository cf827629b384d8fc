internal import Core
internal import Inference
internal import Queue
internal import Store

/// Brings one claim to its end: read the rows, run the model, and decide what becomes of each chunk.
struct ClaimRunner {
    /// What is to be done with a claim.
    struct Outcome {
        var finished: [FinishedChunk] = []
        /// Chunks that were in a run that failed: each must run alone.
        var suspects: [ClaimedChunk] = []
        /// Chunks that failed alone: each must wait for its next attempt.
        var failed: [ClaimedChunk] = []
        /// What the run threw, for the log.
        var error: (any Error)?
        /// What a row cost, in microseconds, from the stored columns to the encoded result; nil when nothing ran.
        var rowCost: Double?
    }

    let predictor: any Predictor
    let clock: WallClock
    let steady: SteadyClock
    let metrics: WorkerMetrics

    func run(_ claim: Claim) -> Outcome {
        let startedAt = clock.now
        let start = steady.now
        var outcome = Outcome()
        var runnable: [(chunk: ClaimedChunk, rows: Rows)] = []
        for chunk in claim.chunks {
            do {
                runnable.append((chunk, try metrics.time(.input) { try rows(of: chunk) }))
            } catch {
                // Rows that cannot be read will not be readable later.
                outcome.finished.append(failure(of: chunk, rows: nil, error, startedAt))
            }
        }
        if runnable.isEmpty { return outcome }
        do {
            let batch = Batch(runnable.map(\.rows))
            let predictions = batch.split(try metrics.time(.infer) { try predictor.predict(batch.rows) })
            outcome.finished += metrics.time(.output) {
                zip(runnable, predictions).map { FinishedChunk($0.chunk, predictions: $1, startedAt: startedAt) }
            }
            outcome.rowCost = (steady.now - start).inSeconds * 1e6 / Double(max(claim.rows, 1))
        } catch {
            outcome.error = error
            settle(runnable, after: error, startedAt, in: &outcome)
        }
        return outcome
    }

    /// A failure among several proves nothing about any of them; a failure alone counts.
    private func settle(
        _ chunks: [(chunk: ClaimedChunk, rows: Rows)], after error: any Error, _ startedAt: WallTime,
        in outcome: inout Outcome
    ) {
        if chunks.count > 1 {
            outcome.suspects = chunks.map(\.chunk)
        } else if chunks[0].chunk.attempts + 1 >= Limits.attempts {
            outcome.finished.append(failure(of: chunks[0].chunk, rows: chunks[0].rows, error, startedAt))
        } else {
            outcome.failed = [chunks[0].chunk]
        }
    }

    private func rows(of chunk: ClaimedChunk) throws -> Rows {
        guard let payload = chunk.payload else { throw StoreError.corruptBlob }
        let rows = try Rows(payload: payload.body)
        guard rows.count == chunk.rows else { throw StoreError.corruptBlob }
        if chunk.crashes >= Limits.crashes { throw WorkerError.crashedRepeatedly }
        return rows
    }

    private func failure(
        of chunk: ClaimedChunk, rows: Rows?, _ error: any Error, _ startedAt: WallTime
    ) -> FinishedChunk {
        let coded = error as? any CodedError ?? WorkerError.unexpected
        let rows = rows ?? Rows(count: chunk.rows, columns: [])
        return FinishedChunk(
            chunk,
            predictions: .failed(rows, code: coded.code, message: coded.message, width: predictor.output.width),
            startedAt: startedAt)
    }
}
