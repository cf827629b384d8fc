package import Core
internal import Store

extension Forecast {
    /// What was seen at one look.
    package struct View: Sendable {
        /// Rows accepted and not yet done, over all models.
        package let rows: Int
        /// Workers that are alive.
        package let workers: Int
        /// What waits of each model version that has rows.
        let waiting: [ModelIdentity: Waiting]
        /// The model versions that live workers have.
        let served: [ModelIdentity: Workforce.Served]
        /// The model versions whose runs failed one after the other, and when one of their chunks tries again.
        let failing: [ModelIdentity: WallTime]
        /// Names of models that somebody has paused; the empty one stands for all.
        let paused: Set<String>
        /// What a row of a model costs, in microseconds, as far as it was seen.
        let rowCosts: [ModelIdentity: Double]
        /// The model versions of which every worker's text runs on a kernel.
        let onKernel: Set<ModelIdentity>
        /// Rows that wait while no worker serves their model version.
        package let stranded: [StrandedRows]

        /// What waits of a model version.
        struct Waiting: Sendable {
            /// The time that its rows take one worker.
            let work: Duration
            let front: QueueFront
        }
    }
}

extension Forecast.View {
    /// Whether rows of a model version wait while no worker serves it.
    package func isStranded(_ model: ModelIdentity) -> Bool { stranded.contains { $0.model == model } }

    /// Whether a model's text runs on a kernel, at some hundredth of the usual cost.
    package func isOnKernel(_ model: ModelIdentity) -> Bool { onKernel.contains(model) }

    /// What a row of a model costs a worker, in microseconds.
    package func rowCost(of model: ModelIdentity, otherwise guess: Double) -> Double { rowCosts[model] ?? guess }

    /// Why nothing of a model version runs now; nil when it runs.
    ///
    /// Where several things are in the way, what somebody did on purpose comes first.
    package func obstacle(to model: ModelIdentity) -> Obstacle? {
        if paused.contains(PauseTable.all) { return .paused(model: nil) }
        if paused.contains(model.model) { return .paused(model: model.model) }
        if workers == 0 { return .noWorker }
        guard let served = served[model] else { return .unserved(model) }
        if served.ready == 0, served.isAwaited { return .loading(model) }
        if served.ready == 0 { return .broken(model, reason: served.broken ?? "it gives no reason.") }
        return failing[model].map { .failing(model, until: $0) }
    }

    /// When rows that come now should be done: all that waits before them and can run, then themselves, by all workers.
    ///
    /// - Returns: nil while no worker is there.
    package func wait(forRows rows: Int, costing rowCost: Double) -> Duration? {
        guard workers > 0 else { return nil }
        let work = waiting.filter { obstacle(to: $0.key) == nil }.values.reduce(Duration.zero) { $0 + $1.work }
        return (work + .microseconds(Int64(saturating: Double(rows) * rowCost))) / workers
    }

    /// When all rows that wait should be done.
    ///
    /// - Returns: nil while rows wait that nothing can run.
    package var drain: Duration? {
        if rows == 0 { return .zero }
        return waiting.keys.contains { obstacle(to: $0) != nil } ? nil : wait(forRows: 0, costing: 0)
    }

    /// The rows of a model version that run before a chunk.
    ///
    /// - Parameter rank: the chunk's place in the order of its model.
    /// - Returns: also whether there may be more than were counted.
    package func rows(of model: ModelIdentity, before rank: Int64) -> (rows: Int, mayBeMore: Bool) {
        waiting[model]?.front.rows(before: rank) ?? (0, false)
    }
}
