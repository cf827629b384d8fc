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
        /// Chunks that failed alone, whatever part of them ran: each must wait for its next attempt.
        var failed: [ClaimedChunk] = []
        /// What the run threw, for the log.
        var error: (any Error)?
        /// What a row cost, in microseconds, from the stored columns to the encoded result; nil when nothing ran.
        var rowCost: Double?
    }

    let predictor: any Predictor
    let clock: WallClock
    let steady: SteadyClock
    /// Ends runs that take too long.
    let watchdog: Watchdog
    /// Notes which rows of a chunk run now, so that a death tells on them.
    let test: (Range<Int>, ClaimedChunk) throws -> Void
    let metrics: WorkerMetrics

    func run(_ claim: Claim) throws -> Outcome {
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
            let predictions = try predictions(for: runnable)
            outcome.finished += metrics.time(.output) {
                zip(runnable, predictions).map { FinishedChunk($0.chunk, predictions: $1, startedAt: startedAt) }
            }
            outcome.rowCost = (steady.now - start).inSeconds * 1e6 / Double(max(claim.rows, 1))
        } catch QueueError.ownershipLost {
            throw QueueError.ownershipLost
        } catch {
            outcome.error = error
            settle(runnable, after: error, startedAt, in: &outcome)
        }
        return outcome
    }

    // MARK: Runs

    private func predictions(for chunks: [(chunk: ClaimedChunk, rows: Rows)]) throws -> [Predictions] {
        if let only = chunks.first, chunks.count == 1, only.chunk.crashes > 0 {
            return [try runInPieces(only.chunk, only.rows)]
        }
        let batch = try Batch(chunks.map(\.rows))
        return batch.split(try watched.predict(batch.rows))
    }

    /// Runs a chunk that killed a worker, a piece at a time.
    private func runInPieces(_ chunk: ClaimedChunk, _ rows: Rows) throws -> Predictions {
        var parts: [Predictions] = []
        var next = 0
        for piece in chunk.suspicion.pieces(of: rows.count) {
            if next < piece.lowerBound { parts.append(poisoned(rows, next..<piece.lowerBound)) }
            try test(piece, chunk)
            parts.append(try runPiece(rows.selecting(Array(piece))))
            next = piece.upperBound
        }
        if next < rows.count { parts.append(poisoned(rows, next..<rows.count)) }
        return .joined(parts, width: predictor.output.width, ids: rows.ids)
    }

    /// Rows that killed a worker alone.
    private func poisoned(_ rows: Rows, _ range: Range<Int>) -> Predictions {
        let error = WorkerError.crashedRepeatedly
        return .failed(
            rows.selecting(Array(range)), code: error.code, message: error.message, width: predictor.output.width)
    }

    private func runPiece(_ rows: Rows) throws -> Predictions {
        do {
            return try watched.predict(rows)
        } catch  where Self.mayBeOfRows(error) {
            return try bisect(rows, after: error, isPart: true)
        }
    }

    private func bisect(_ rows: Rows, after error: any Error, isPart: Bool = false) throws -> Predictions {
        var bisection = Bisection(watched, after: error)
        return try bisection.run(rows, isPart: isPart)
    }

    private var watched: WatchedPredictor {
        WatchedPredictor(predictor: predictor, watchdog: watchdog, metrics: metrics)
    }

    /// Whether single rows may be to blame for an error of a run.
    private static func mayBeOfRows(_ error: any Error) -> Bool {
        (error as? any CodedError)?.code.retryClass != .permanent
    }

    // MARK: Failures

    /// A failure among several proves nothing about any of them; alone, the rows that fail are looked for.
    private func settle(
        _ chunks: [(chunk: ClaimedChunk, rows: Rows)], after error: any Error, _ startedAt: WallTime,
        in outcome: inout Outcome
    ) {
        if chunks.count > 1 { return outcome.suspects = chunks.map(\.chunk) }
        let (chunk, rows) = chunks[0]
        if Self.mayBeOfRows(error), chunk.crashes == 0, rows.validCount > 1 {
            do {
                let predictions = try bisect(rows, after: error)
                return outcome.finished.append(FinishedChunk(chunk, predictions: predictions, startedAt: startedAt))
            } catch {
                // No row succeeds: the model's trouble, which may pass.
            }
        }
        if !Self.mayBeOfRows(error) || chunk.attempts + 1 >= Limits.attempts {
            outcome.finished.append(failure(of: chunk, rows: rows, error, startedAt))
        } else {
            outcome.failed = [chunk]
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

/// A predictor each of whose runs is watched and measured.
private struct WatchedPredictor: Predictor {
    let predictor: any Predictor
    let watchdog: Watchdog
    let metrics: WorkerMetrics

    var identity: ModelIdentity { predictor.identity }
    var output: ModelOutput { predictor.output }
    var engine: InferenceEngine { predictor.engine }
    var runRows: Int { predictor.runRows }
    var timeout: Duration { predictor.timeout }

    func predict(_ rows: Rows) throws -> Predictions {
        if predictor.engine.fallbackReason != nil { metrics.countFallback(rows.validCount, of: identity) }
        return try metrics.time(.infer) { try watchdog.watch(predictor) { try predictor.predict(rows) } }
    }

    func terminate() throws { try predictor.terminate() }
}
