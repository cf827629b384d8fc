/// Counts observations up to each of some bounds, one row of buckets for each combination of a metric's labels.
///
/// An observation is a search among at most twenty bounds and two additions, without a lock.
package final class Histogram: MetricSource {
    /// The upper bounds of the buckets, and what they are made of.
    package struct Buckets: Sendable {
        fileprivate let bounds: [Int]
        /// Observations in one unit of the metric: a billion nanoseconds in a second.
        fileprivate let unit: Double

        init(_ bounds: [Int], unit: Double) {
            precondition(bounds.count <= Histogram.bounds && bounds == bounds.sorted(), "few bounds, and in order")
            self.bounds = bounds
            self.unit = unit
        }

        private static func microseconds(_ bounds: [Int]) -> Buckets { Buckets(bounds.map { $0 * 1_000 }, unit: 1e9) }

        /// From 100 µs to a minute: requests and waits.
        package static let durations = microseconds([
            100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
            2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
        ])
        /// The same up to three hours, for what may wait behind ten million rows.
        package static let longDurations = microseconds([
            50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
            2_500_000, 5_000_000, 10_000_000, 60_000_000, 600_000_000, 3_600_000_000, 10_800_000_000,
        ])
        /// From one to 1,024.
        package static let groups = Buckets([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024], unit: 1)
        /// From one to a hundred thousand.
        package static let rows = Buckets([1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536], unit: 1)
    }

    private let metric: Metric
    private let buckets: Buckets
    private let series: [[String]]
    /// The buckets' bounds, and after them what nothing exceeds: inline, since an array's reference would be counted.
    private let limits: InlineArray<24, Int>
    /// For each series its buckets, that without a bound last, and then the sum of what was observed.
    private let cells: Cells
    private let stride: Int

    /// Bounds of a histogram, at most.
    private static let bounds = 24
    private let showsEmpty: Bool

    /// - Parameters:
    ///   - series: the label values of each combination; their positions are the indices of ``observe(_:at:)``.
    ///   - showsEmpty: whether combinations are shown before anything was observed.
    package init(_ metric: Metric, _ buckets: Buckets, series: [[String]] = [[]], showsEmpty: Bool = true) {
        precondition(metric.kind == .histogram, "only a histogram has buckets")
        self.metric = metric
        self.buckets = buckets
        self.showsEmpty = showsEmpty
        self.series = series
        limits = InlineArray { $0 < buckets.bounds.count ? buckets.bounds[$0] : .max }
        stride = buckets.bounds.count + 2
        cells = Cells(series.count * stride)
    }

    /// - Parameter value: in the buckets' own unit: nanoseconds, or a number of things; below zero counts as zero.
    package func observe(_ value: Int, at index: Int = 0) {
        let value = max(0, value)
        var bucket = 0
        // Without a way out of the loop it takes no branches.
        for place in limits.indices { bucket += limits[place] < value ? 1 : 0 }
        cells.add(1, at: index * stride + bucket)
        cells.add(value, at: (index + 1) * stride - 1)
    }

    package func observe(_ duration: Duration, at index: Int = 0) {
        let (seconds, attoseconds) = duration.components
        observe(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000), at: index)
    }

    /// The number of observations.
    package func count(at index: Int = 0) -> Int { counts(at: index).reduce(0, +) }

    package var metrics: [Metric] { [metric] }

    package func write(to text: inout MetricText) {
        text.begin(metric)
        for index in series.indices { write(index, to: &text) }
    }

    private func write(_ place: Int, to text: inout MetricText) {
        let counts = counts(at: place)
        if !showsEmpty, counts.allSatisfy({ $0 == 0 }) { return }
        let pairs = zip(metric.labels.map(\.rawValue), series[place]).map { (name: $0, value: $1) }
        var count = 0
        for (index, inBucket) in counts.enumerated() {
            count += inBucket
            let bound = index < buckets.bounds.count ? Double(buckets.bounds[index]) / buckets.unit : .infinity
            let labels = MetricText.labels(pairs + [(name: "le", value: MetricText.number(bound))])
            text.sample(metric, suffix: "_bucket", labels: labels, count)
        }
        let labels = MetricText.labels(pairs)
        text.sample(metric, suffix: "_sum", labels: labels, Double(cells[(place + 1) * stride - 1]) / buckets.unit)
        // The buckets themselves are the count, so that the two never differ.
        text.sample(metric, suffix: "_count", labels: labels, count)
    }

    private func counts(at place: Int) -> [Int] { (0...buckets.bounds.count).map { cells[place * stride + $0] } }
}
