package import Catalog
package import Core
package import Operations
package import Queue

/// What is true of the whole service, not of one process; shown only where the elected keeper is.
///
/// Every process has a door for its own counts, which add up over processes. A state of the service would count once for
/// each process that shows it, so that only the one that holds the keeper's lock does. When it dies, the next keeper
/// shows it; in between, for a round of the keeper's, nobody does.
package struct ServiceReadings: MetricSource {
    private let keeper: Keeper
    private let versions: [ModelIdentity]
    private let congestion: Congestion
    private let forecast: Forecast
    private let capacity: Capacity
    private let clock: WallClock

    /// - Parameter catalog: the models whose versions are shown.
    package init(
        keeper: Keeper, catalog: Catalog, congestion: Congestion, forecast: Forecast, capacity: Capacity,
        clock: WallClock
    ) {
        self.keeper = keeper
        self.congestion = congestion
        self.forecast = forecast
        self.capacity = capacity
        self.clock = clock
        versions = catalog.models.flatMap(\.resolved).map(\.identity)
    }

    package var metrics: [Metric] {
        [
            .keeper, .queueRows, .queueOldest, .strandedRows, .drain, .modelServable, .workers, .walBytes,
            .maximumQueueRows, .storedBytes, .maximumStoredBytes, .freeDiskBytes,
        ]
    }

    package func write(to text: inout MetricText) throws {
        text.begin(.keeper)
        text.sample(.keeper, keeper.isElected ? 1 : 0)
        guard keeper.isElected else { return }
        try writeQueue(to: &text)
        try writeWork(to: &text)
        text.begin(.walBytes)
        text.sample(.walBytes, keeper.logBytes)
        try writeFullness(to: &text)
    }

    /// What only a server knows of itself is left out.
    private func writeFullness(to text: inout MetricText) throws {
        let fullness = try capacity.look()
        text.begin(.maximumQueueRows)
        text.sample(.maximumQueueRows, fullness.maximumRows)
        if let bytes = fullness.storedBytes {
            text.begin(.storedBytes)
            text.sample(.storedBytes, bytes)
            text.begin(.maximumStoredBytes)
            text.sample(.maximumStoredBytes, fullness.maximumStoredBytes.map { Double($0) } ?? .infinity)
        }
        if let bytes = fullness.freeDiskBytes {
            text.begin(.freeDiskBytes)
            text.sample(.freeDiskBytes, Int(bytes))
        }
    }

    private func writeQueue(to text: inout MetricText) throws {
        let known = Set(versions.map(\.model))
        // Keys of the database outlive models and would add up over the years: they are shown together.
        let backlogs = Dictionary(grouping: try congestion.backlogs()) {
            known.contains($0.model.model) ? $0.model.model : "other"
        }
        let now = clock.now
        let names = known.union(backlogs.keys).sorted()
        text.begin(.queueRows)
        for name in names {
            let rows = backlogs[name, default: []].reduce(0) { $0 + $1.rows }
            text.sample(.queueRows, labels: MetricText.labels(Metric.queueRows.labels, [name]), rows)
        }
        text.begin(.queueOldest)
        for name in names {
            let oldest = backlogs[name, default: []].compactMap(\.oldest).min()
            let age = oldest.map { max(0, (now - $0).inSeconds) } ?? 0
            text.sample(.queueOldest, labels: MetricText.labels(Metric.queueOldest.labels, [name]), age)
        }
    }

    private func writeStranded(_ stranded: [StrandedRows], to text: inout MetricText) {
        let known = Set(versions.map(\.model))
        var rows = Dictionary(known.map { ($0, 0) }, uniquingKeysWith: +)
        for entry in stranded {
            rows[known.contains(entry.model.model) ? entry.model.model : "other", default: 0] += entry.rows
        }
        text.begin(.strandedRows)
        for (name, count) in rows.sorted(by: { $0.key < $1.key }) {
            text.sample(.strandedRows, labels: MetricText.labels(Metric.strandedRows.labels, [name]), count)
        }
    }

    private func writeWork(to text: inout MetricText) throws {
        let view = try forecast.view()
        writeStranded(view.stranded, to: &text)
        text.begin(.drain)
        text.sample(.drain, view.drain?.inSeconds ?? .infinity)
        text.begin(.workers)
        text.sample(.workers, view.workers)
        text.begin(.modelServable)
        for version in versions {
            let labels = MetricText.labels(Metric.modelServable.labels, [version.model, version.version])
            text.sample(.modelServable, labels: labels, view.obstacle(to: version) == nil ? 1 : 0)
        }
    }
}
