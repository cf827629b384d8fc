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
    private let kept = Mutex(Memory())

    /// The last look, and how often one was forgotten.
    private struct Memory {
        var last: Kept?
        var forgotten = 0
    }

    /// How long a look is believed.
    private static let lifetime = Duration.milliseconds(500)

    package init(readers: Readers, models: ModelRegistry, clock: SteadyClock, wall: WallClock) {
        self.wall = wall
        self.readers = readers
        self.models = models
        self.clock = clock
    }

    /// The time that all waiting rows were seen to need at the last look, however long ago; nil without workers.
    package var lastWait: Duration? { kept.withLock { $0.last?.view.wait(forRows: 0, costing: 0) } }

    /// Whether no worker was seen to serve a model version of which rows wait, at the last look.
    package func isStranded(_ model: ModelIdentity) -> Bool {
        kept.withLock { $0.last?.view.stranded.contains { $0.model == model } ?? false }
    }

    /// What was seen at the last look; nil when that is too long ago.
    package var recentView: View? {
        let now = clock.now
        return kept.withLock { $0.last }.flatMap { now - $0.at < Self.lifetime ? $0.view : nil }
    }

    /// Forgets the last look, because a model was paused or resumed, or its breaker has opened.
    package func forget() {
        kept.withLock { kept in
            kept.last = nil
            kept.forgotten += 1
        }
    }

    /// What waits; a short read on the caller's thread now and then.
    package func view() throws -> View {
        if let view = recentView { return view }
        let forgotten = kept.withLock { $0.forgotten }
        let view = try read()
        let now = clock.now
        kept.withLock { kept in
            // A look that began before the change may not show it.
            if kept.forgotten == forgotten { kept.last = Kept(view: view, at: now) }
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
            return View(
                rows: entries.reduce(0) { $0 + $1.rows }, work: .microseconds(Int64(saturating: microseconds)),
                workers: try OwnerTable.workers(in: connection),
                failing: Set(
                    try BreakerTable.open(at: wall.now, in: connection).map {
                        try models.entry(for: $0, in: connection).identity
                    }), paused: Set(try PauseTable.paused(in: connection)), rowCosts: costs,
                onKernel: Set(try OwnerTable.onKernel(in: connection)),
                stranded: try StrandedRows.all(models: models, in: connection))
        }
    }

    /// What a row is taken to cost before any was seen, in microseconds.
    private static let unknownRowCost = 50.0
}
