internal import Core
internal import Inference
internal import Operations
internal import Queue
internal import Store

/// The loop of a worker: claim what waits, run it, store what came out.
///
/// It blocks one thread and has no `await`.
struct WorkerLoop {
    let leases: Leases
    /// The model versions served, by their keys in the database.
    let predictors: [Int64: any Predictor]
    let listener: Doorbell.Listener
    let clock: WallClock
    let logger: Logger

    func run(until stop: StopSignal) throws {
        let models = predictors.keys.sorted()
        var generator = SystemRandomNumberGenerator()
        stop.whenRaised { [listener] in listener.wake() }
        while !stop.isRaised {
            // The backlog forms the batch: whatever waits now, up to a bound, runs at once.
            guard let claim = try leases.claim(of: models, upToRows: { predictors[$0]!.runRows }) else {
                _ = listener.wait(for: Limits.safetyPoll)
                continue
            }
            try finish(claim, using: &generator)
        }
    }

    private func finish(_ claim: Claim, using generator: inout some RandomNumberGenerator) throws {
        let outcome = ClaimRunner(predictor: predictors[claim.model]!, clock: clock).run(claim)
        if !outcome.finished.isEmpty {
            let lost = try leases.complete(outcome.finished, of: claim)
            if lost > 0 { logger.warning("results dropped, the lease was lost", ["chunks": "\(lost)"]) }
        }
        if let error = outcome.error {
            logger.warning("run failed", ["error": "\(error)", "chunks": "\(claim.chunks.count)"])
        }
        if !outcome.suspects.isEmpty { try leases.release(outcome.suspects, of: claim, asSuspects: true) }
        for chunk in outcome.failed {
            let pause = Backoff.pause(after: chunk.attempts + 1, using: &generator)
            try leases.retry(chunk, of: claim, after: pause)
        }
    }
}
