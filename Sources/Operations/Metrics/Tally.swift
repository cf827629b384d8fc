internal import Synchronization

/// Whole numbers that this process counts, one for each combination of a metric's labels.
///
/// The combinations are fixed when the tally is made, so that no request and no row can add one.
package final class Tally: MetricSource {
    /// One number.
    private final class Cell: Sendable {
        let labels: String
        let value = Atomic<Int>(0)

        init(labels: String) { self.labels = labels }
    }

    private let metric: Metric
    private let cells: [Cell]
    private let showsZeros: Bool

    /// - Parameters:
    ///   - series: the label values of each combination; their positions are the indices of ``add(_:at:)``.
    ///   - showsZeros: whether combinations are shown before they first count.
    package init(_ metric: Metric, series: [[String]] = [[]], showsZeros: Bool = true) {
        precondition(metric.kind != .histogram, "a histogram has buckets")
        self.metric = metric
        self.showsZeros = showsZeros
        cells = series.map { Cell(labels: MetricText.labels(metric.labels, $0)) }
    }

    package func add(_ count: Int = 1, at index: Int = 0) { cells[index].value.add(count, ordering: .relaxed) }

    package func set(_ value: Int, at index: Int = 0) { cells[index].value.store(value, ordering: .relaxed) }

    package func value(at index: Int = 0) -> Int { cells[index].value.load(ordering: .relaxed) }

    package var metrics: [Metric] { [metric] }

    package func write(to text: inout MetricText) {
        text.begin(metric)
        for cell in cells {
            let value = cell.value.load(ordering: .relaxed)
            if value != 0 || showsZeros { text.sample(metric, labels: cell.labels, value) }
        }
    }
}
