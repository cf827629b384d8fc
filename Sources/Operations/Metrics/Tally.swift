/// Whole numbers that this process counts, one for each combination of a metric's labels.
///
/// The combinations are fixed when the tally is made, so that no request and no row can add one.
package final class Tally: MetricSource {
    private let metric: Metric
    private let labels: [String]
    private let cells: Cells
    private let showsZeros: Bool

    /// - Parameters:
    ///   - series: the label values of each combination; their positions are the indices of ``add(_:at:)``.
    ///   - showsZeros: whether combinations are shown before they first count.
    package init(_ metric: Metric, series: [[String]] = [[]], showsZeros: Bool = true) {
        precondition(metric.kind != .histogram, "a histogram has buckets")
        self.metric = metric
        self.showsZeros = showsZeros
        labels = series.map { MetricText.labels(metric.labels, $0) }
        cells = Cells(series.count)
    }

    package func add(_ count: Int = 1, at index: Int = 0) { cells.add(count, at: index) }

    package func set(_ value: Int, at index: Int = 0) { cells.store(value, at: index) }

    package func value(at index: Int = 0) -> Int { cells[index] }

    package var metrics: [Metric] { [metric] }

    package func write(to text: inout MetricText) {
        text.begin(metric)
        for (index, labels) in labels.enumerated() {
            let value = cells[index]
            if value != 0 || showsZeros { text.sample(metric, labels: labels, value) }
        }
    }
}
