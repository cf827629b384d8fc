package import Core
package import Store
internal import Synchronization

/// How much waits and what it costs, as of a moment ago: estimates need no turn at the database each.
package final class Forecast: Sendable {
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
            let workers = try OwnerTable.workers(in: connection)
            let identities = try entries.map { try models.entry(for: $0.model, in: connection).identity }
            let served = try OwnerTable.models(in: connection).map { ($0.identity, $0) }
            let failing = try BreakerTable.open(at: wall.now, in: connection).map {
                (try models.entry(for: $0.model, in: connection).identity, $0.until)
            }
            return View(
                rows: entries.reduce(0) { $0 + $1.rows }, workers: workers,
                waiting: try waiting(entries, identities, in: connection),
                served: Dictionary(served, uniquingKeysWith: { first, _ in first }),
                failing: Dictionary(failing, uniquingKeysWith: { first, _ in first }),
                paused: Set(try PauseTable.paused(in: connection)),
                rowCosts: Dictionary(
                    zip(identities, entries).compactMap { identity, entry in entry.rowCost.map { (identity, $0) } },
                    uniquingKeysWith: { first, _ in first }),
                onKernel: Set(try OwnerTable.onKernel(in: connection)),
                stranded: try StrandedRows.among(entries, workers: workers, models: models, in: connection))
        }
    }

    /// What waits of each version that has rows.
    private func waiting(
        _ entries: [BacklogTable.Entry], _ identities: [ModelIdentity], in connection: Connection
    ) throws -> [ModelIdentity: View.Waiting] {
        var waiting: [ModelIdentity: View.Waiting] = [:]
        for (entry, identity) in zip(entries, identities) where entry.rows > 0 {
            let cost = entry.rowCost ?? Self.unknownRowCost
            waiting[identity] = View.Waiting(
                work: .microseconds(Int64(saturating: Double(entry.rows) * cost)),
                front: try .read(of: entry.model, in: connection))
        }
        return waiting
    }

    /// What a row is taken to cost before any was seen, in microseconds.
    private static let unknownRowCost = 50.0
}
