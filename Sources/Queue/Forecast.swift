package import Core
package import Store
internal import Synchronization

/// How much waits and what it costs, as of a moment ago: estimates need no turn at the database each.
package final class Forecast: Sendable {
    /// What was seen at one look.
    package struct View: Sendable {
        /// Rows accepted and not yet done, over all models.
        package let rows: Int
        /// The time that they take one worker.
        let work: Duration
        /// Workers that are alive.
        package let workers: Int
        /// The model versions whose runs failed one after the other, so that nothing of them runs for now.
        package let failing: Set<ModelIdentity>
        /// Names of models that somebody has paused; the empty one stands for all.
        let paused: Set<String>
        /// What a row of a model costs, in microseconds, as far as it was seen.
        let rowCosts: [ModelIdentity: Double]

        /// The model versions of which every worker's text runs on a kernel.
        let onKernel: Set<ModelIdentity>

        /// Rows that wait while no worker serves their model version.
        package let stranded: [StrandedRows]

        /// Whether rows of a model version wait while no worker serves it.
        package func isStranded(_ model: ModelIdentity) -> Bool { stranded.contains { $0.model == model } }

        /// Whether a model's text runs on a kernel, at some hundredth of the usual cost.
        package func isOnKernel(_ model: ModelIdentity) -> Bool { onKernel.contains(model) }

        /// Whether nothing of a model runs for now.
        package func isStanding(_ model: ModelIdentity) -> Bool {
            failing.contains(model) || paused.contains(model.model) || paused.contains(PauseTable.all)
        }

        /// What a row of a model costs a worker, in microseconds.
        package func rowCost(of model: ModelIdentity, otherwise guess: Double) -> Double { rowCosts[model] ?? guess }

        /// When rows that come now should be done: all that waits before them, then themselves, by all workers.
        ///
        /// - Returns: nil while no worker is there.
        package func wait(forRows rows: Int, costing rowCost: Double) -> Duration? {
            guard workers > 0 else { return nil }
            return (work + .microseconds(Int64(saturating: Double(rows) * rowCost))) / workers
        }
    }

    private struct Kept {
        let view: View
        let at: Duration
    }

    private let readers: Readers
    private let models: ModelRegistry
    private let clock: SteadyClock
    private let wall: WallClock
    private let lifetime: Duration
    private let kept = Mutex(Memory())

    /// The last look, and how often things changed that it may not show.
    private struct Memory {
        var last: Kept?
        /// Whether the last look is not believed any more, however young it is.
        var isOld = false
        var changes = 0
    }

    /// - Parameter lifetime: how long a look is believed.
    package init(
        readers: Readers, models: ModelRegistry, clock: SteadyClock, wall: WallClock,
        lifetime: Duration = Limits.forecastLook
    ) {
        self.wall = wall
        self.readers = readers
        self.models = models
        self.clock = clock
        self.lifetime = lifetime
    }

    /// What was seen at the last look, however long ago; nil before the first.
    package var lastView: View? { kept.withLock { $0.last?.view } }

    /// What was seen at the last look; nil when that is too long ago.
    ///
    /// - Parameter age: how old it may be; nil for as old as any is believed.
    package func recentView(notOlderThan age: Duration? = nil) -> View? {
        let now = clock.now
        let most = min(age ?? lifetime, lifetime)
        return kept.withLock { kept in
            guard let last = kept.last, !kept.isOld, now - last.at < most else { return nil }
            return last.view
        }
    }

    /// Marks the last look as old, because a model was paused or resumed, or its breaker has opened.
    ///
    /// It stays the last one known until the next look: what tasks say of themselves does not change for a moment.
    package func expire() {
        kept.withLock { kept in
            kept.isOld = true
            kept.changes += 1
        }
    }

    /// What waits; a short read on the caller's thread now and then.
    ///
    /// - Parameter age: how old the look may be; nil for as old as any is believed.
    package func view(notOlderThan age: Duration? = nil) throws -> View {
        if let view = recentView(notOlderThan: age) { return view }
        let changes = kept.withLock { $0.changes }
        let begin = clock.now
        let view = try read()
        kept.withLock { kept in
            if let last = kept.last, last.at > begin { return }
            kept.last = Kept(view: view, at: begin)
            // A look that began before the change may not show it.
            kept.isOld = kept.changes != changes
        }
        return view
    }

    private func read() throws -> View {
        try readers.read { connection in
            let entries = try BacklogTable.all(in: connection)
            var costs: [ModelIdentity: Double] = [:]
            var microseconds = 0.0
            for entry in entries {
                microseconds += Double(entry.rows) * (entry.rowCost ?? Self.unknownRowCost)
                if let cost = entry.rowCost {
                    costs[try models.entry(for: entry.model, in: connection).identity] = cost
                }
            }
            let workers = try OwnerTable.workers(in: connection)
            return View(
                rows: entries.reduce(0) { $0 + $1.rows }, work: .microseconds(Int64(saturating: microseconds)),
                workers: workers,
                failing: Set(
                    try BreakerTable.open(at: wall.now, in: connection).map {
                        try models.entry(for: $0, in: connection).identity
                    }), paused: Set(try PauseTable.paused(in: connection)), rowCosts: costs,
                onKernel: Set(try OwnerTable.onKernel(in: connection)),
                stranded: try StrandedRows.among(entries, workers: workers, models: models, in: connection))
        }
    }

    /// What a row is taken to cost before any was seen, in microseconds.
    private static let unknownRowCost = 50.0
}
