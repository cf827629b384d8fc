internal import Synchronization

/// Something that shows metrics: each begins them and writes their samples.
package protocol MetricSource: Sendable {
    /// The metrics that it shows.
    var metrics: [Metric] { get }

    /// - Throws: when they cannot be read now; then none of them is shown.
    func write(to text: inout MetricText) throws
}

/// All metrics of one process.
///
/// Comes from: the rooms that count. Goes to: `/metrics`.
package final class MetricRegistry: Sendable {
    private let sources: Mutex<[any MetricSource]>
    private let unreadable = Tally(.unreadable)

    package init(_ sources: [any MetricSource]) {
        self.sources = Mutex([unreadable])
        add(sources)
    }

    /// Shows further metrics, when a process begins.
    ///
    /// - Parameter added: none that is shown already.
    package func add(_ added: [any MetricSource]) {
        sources.withLock { sources in
            // The last one tells how often the others could not be read.
            sources.insert(contentsOf: added, at: sources.count - 1)
            let names = sources.flatMap { $0.metrics.map(\.name) }
            precondition(Set(names).count == names.count, "a metric has one source")
        }
    }

    /// The metrics of the process, in the order of their sources.
    package var metrics: [Metric] { sources.withLock { $0 }.flatMap(\.metrics) }

    /// Writes all metrics as they are now.
    ///
    /// Sources may read the database, so it may block for a moment.
    package func text() -> [UInt8] {
        var text = MetricText()
        for source in sources.withLock({ $0 }) {
            let start = text.bytes.count
            do { try source.write(to: &text) } catch {
                // Half a group would look like a state that never was. That it is missing, is counted.
                text.cut(to: start)
                unreadable.add()
            }
        }
        return text.bytes
    }
}
