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
    /// The model versions served; more come while it works.
    let shelf: ModelShelf
    let listener: Doorbell.Listener
    let clock: WallClock
    let steady: SteadyClock
    let watchdog: Watchdog
    /// What runs now; the watchdog asks when a run hangs.
    let current: CurrentClaim
    let logger: Logger
    var metrics = WorkerMetrics(serving: [], clock: SteadyClock { .zero })

    /// How long a worker waits before it tries the database again after an error that may pass.
    private static let pause = Duration.milliseconds(500)

    func run(until stop: StopSignal) throws {
        var (predictors, models) = (shelf.predictors, [Int64]())
        var sizes: [Int64: RunSize] = [:]
        stop.whenRaised { [listener] in listener.wake() }
        var next: Claim?
        var pace = RunPace(clock: steady)
        var rest = WorkerRest(clock: steady)
        var patience = SmallWorkPatience(clock: steady)
        while !stop.isRaised {
            if models.isEmpty || predictors.count != shelf.count {
                predictors = shelf.predictors
                models = predictors.keys.sorted()
                for (key, predictor) in predictors where sizes[key] == nil {
                    sizes[key] = RunSize(mostRows: predictor.runRows)
                }
            }
            // The backlog forms the batch: whatever waits now, up to a bound, runs at once.
            let claim =
                try next
                ?? persisting(until: stop) {
                    try leases.claim(
                        of: models, upToRows: { sizes[$0]!.rows(in: pace.runTime) }, leaving: { patience.leaves($0) })
                }
            next = nil
            guard let claim else {
                // Rings say nothing new meanwhile: whatever comes, the other worker takes it along.
                if patience.takeTurn() { _ = stop.wait(for: patience.pause); continue }
                if listener.wait(for: rest.pause) == .none, rest.giveBack() { FreeMemory.giveBack() }
                continue
            }
            rest.end()
            pace.note(claim.chunks[0].rows)
            patience.begin(rows: claim.chunks[0].rows)
            defer { patience.end() }
            try metrics.during(claim) {
                current.begin(claim)
                defer { current.end() }
                guard let outcome = try outcome(of: claim, on: predictors[claim.model]!, until: stop) else { return }
                if let rowCost = outcome.rowCost { sizes[claim.model]!.learn(rowCost, rows: claim.rows) }
                next = try store(outcome, of: claim, until: stop) {
                    try leases.complete(
                        outcome.finished, of: claim, rowCost: outcome.rowCost, thenClaimOf: stop.isRaised ? [] : models,
                        upToRows: { sizes[$0]!.rows(in: pace.runTime) })
                }
                try putAside(outcome, of: claim, until: stop)
            }
        }
    }

    /// Stores what is finished, and claims what waits next in the same transaction.
    private func store(
        _ outcome: ClaimRunner.Outcome, of claim: Claim, until stop: StopSignal,
        _ complete: () throws -> Leases.Completed
    ) throws -> Claim? {
        if outcome.finished.isEmpty { return nil }
        let stored = try persisting(until: stop) { try metrics.time(.commit, complete) }
        if stored.lost > 0 {
            logger.warning("results dropped, the lease was lost", ["chunks": "\(stored.lost)"])
        }
        if let trouble = stored.trouble { logger.error("database trouble", ["error": "\(trouble)"]) }
        return stored.next
    }

    /// Gives back what has to run alone, and lets what failed alone wait.
    private func putAside(_ outcome: ClaimRunner.Outcome, of claim: Claim, until stop: StopSignal) throws {
        if !outcome.suspects.isEmpty {
            try persisting(until: stop) { try leases.release(outcome.suspects, of: claim, asSuspects: true) }
        }
        for chunk in outcome.failed {
            let pause = Backoff.pause(after: chunk.attempts + 1)
            try persisting(until: stop) {
                // A chunk blames the model once: its further attempts prove nothing new.
                try leases.retry(chunk, of: claim, after: pause, blamesModel: chunk.attempts == 0)
            }
        }
    }

    /// - Returns: nil when the claim was given to others while it ran.
    private func outcome(
        of claim: Claim, on predictor: any Predictor, until stop: StopSignal
    ) throws -> ClaimRunner.Outcome? {
        let runner = ClaimRunner(
            predictor: predictor, clock: clock, steady: steady, watchdog: watchdog,
            test: { rows, chunk in try persisting(until: stop) { try leases.test(rows, of: chunk, in: claim) } },
            metrics: metrics)
        do {
            let outcome = try runner.run(claim)
            if let error = outcome.error {
                logger.warning("run failed", ["error": Self.words(for: error), "chunks": "\(claim.chunks.count)"])
            }
            return outcome
        } catch QueueError.ownershipLost {
            logger.warning("run dropped, the lease was lost", ["chunks": "\(claim.chunks.count)"])
            return nil
        }
    }

    /// What a log may hold of an error of a run: the library's own words end with the text of the node that failed, which may
    /// quote an input.
    static func words(for error: any Error) -> String {
        "\(error)".firstRange(of: "Status Message:").map { String("\(error)"[..<$0.lowerBound]) + "…" } ?? "\(error)"
    }

    /// Writes, and tries again while the database has a trouble that may pass: what was computed is not thrown away.
    ///
    /// - Throws: the error when the worker is to stop meanwhile, and any error that will not pass.
    private func persisting<Value>(until stop: StopSignal, _ write: () throws -> Value) throws -> Value {
        while true {
            do {
                return try write()
            } catch  where StoreError.isPassing(error) {
                logger.error("database trouble", ["error": "\(error)"])
                if stop.wait(for: Self.pause) { throw error }
            }
        }
    }
}
