internal import Core
package import Operations
package import Store

/// Counts what happens in the store and the queue of this process.
///
/// Comes from: the events of the database. Goes to: the metrics.
package struct StoreMetrics: Sendable {
    /// The statuses in which tasks end, in the order of their series.
    private static let statuses = PredictionTask.Status.allCases.filter(\.isFinal)

    private let gateWait = Histogram(.gateWait, .durations)
    private let groupCommitSize = Histogram(.groupCommitSize, .groups)
    private let tasks = Tally(.tasks, series: statuses.map { [$0.rawValue] })
    private let expiredLeases = Tally(.expiredLeases)
    private let chunkRetries = Tally(.chunkRetries)
    private let commitsGroups: Bool

    /// - Parameter commitsGroups: whether this process has a group commit.
    package init(commitsGroups: Bool) { self.commitsGroups = commitsGroups }

    package var sources: [any MetricSource] {
        [tasks, expiredLeases, chunkRetries, gateWait] + (commitsGroups ? [groupCommitSize] : [])
    }

    package func hear(_ event: StoreEvent) {
        switch event {
        case .gateEntered(let wait): gateWait.observe(wait)
        case .groupCommitted(let writes): groupCommitSize.observe(writes)
        case .taskEnded(let status): tasks.add(at: Self.statuses.firstIndex(of: status)!)
        case .leasesExpired(let chunks): expiredLeases.add(chunks)
        case .chunksRetried(let chunks): chunkRetries.add(chunks)
        case .claimed, .rowsScored: break
        }
    }
}
