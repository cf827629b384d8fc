package import Core
package import Operations
internal import Queue
package import Store
internal import Synchronization

/// Counts what a worker does.
///
/// Comes from: the worker's loop and the events of the database. Goes to: the metrics.
package final class WorkerMetrics: Sendable {
    /// A part of a claim's way.
    enum Stage: String, CaseIterable {
        /// From the acceptance of the first chunk's task to the claim.
        case queue
        /// Reading the stored rows.
        case input
        /// One run of the model.
        case infer
        /// Encoding the results.
        case output
        /// Until the results are on disk.
        case commit
    }

    /// What became of a row; the raw value is the index among a version's series.
    private enum Outcome: Int, CaseIterable {
        case succeeded
        case failed
    }

    private let versions: [ModelIdentity]
    private let names: [String]
    private let clock: SteadyClock
    private let rows: Tally
    private let inflightRows: Tally
    private let fallbackRows: Tally
    private let batchRows = Histogram(.batchRows, .rows)
    private let stages = Histogram(.stageDuration, .longDurations, series: Stage.allCases.map { [$0.rawValue] })
    /// The place of a model's key among the versions.
    private let places = Mutex<[Int64: Int]>([:])

    /// - Parameter versions: what this worker may serve.
    package init(serving versions: [ModelIdentity], clock: SteadyClock) {
        self.versions = versions
        self.clock = clock
        names = Set(versions.map(\.model)).sorted()
        rows = Tally(
            .rows,
            series: versions.flatMap { version in
                Outcome.allCases.map { [version.model, version.version, "\($0)"] }
            })
        inflightRows = Tally(.inflightRows, series: names.map { [$0] })
        fallbackRows = Tally(
            .kernelFallback, series: versions.map { [$0.model, $0.version] }, showsZeros: false)
    }

    package var sources: [any MetricSource] { [rows, inflightRows, fallbackRows, batchRows, stages] }

    /// Learns under which keys the database knows the versions.
    func learn(_ keys: [Int64: ModelIdentity]) {
        places.withLock { $0 = keys.compactMapValues { versions.firstIndex(of: $0) } }
    }

    package func hear(_ event: StoreEvent) {
        switch event {
        case .claimed(let wait): observe(wait, .queue)
        case .rowsScored(let model, let succeeded, let failed):
            guard let place = places.withLock({ $0[model] }) else { return }
            rows.add(succeeded, at: place * Outcome.allCases.count + Outcome.succeeded.rawValue)
            rows.add(failed, at: place * Outcome.allCases.count + Outcome.failed.rawValue)
        default: break
        }
    }

    /// Counts a claim's rows as in flight while a closure works on them.
    func during<Value>(_ claim: Claim, _ body: () throws -> Value) rethrows -> Value {
        let count = claim.rows
        batchRows.observe(count)
        let name = places.withLock { $0[claim.model] }.flatMap { names.firstIndex(of: versions[$0].model) }
        if let name { inflightRows.add(count, at: name) }
        defer { if let name { inflightRows.add(-count, at: name) } }
        return try body()
    }

    /// Counts rows that a kernel might have run.
    func countFallback(_ rows: Int, of identity: ModelIdentity) {
        if let place = versions.firstIndex(of: identity) { fallbackRows.add(rows, at: place) }
    }

    /// Measures a stage; one that throws does not count.
    func time<Value>(_ stage: Stage, _ body: () throws -> Value) rethrows -> Value {
        let start = clock.now
        let value = try body()
        observe(clock.now - start, stage)
        return value
    }

    private func observe(_ duration: Duration, _ stage: Stage) {
        stages.observe(duration, at: Stage.allCases.firstIndex(of: stage)!)
    }
}
