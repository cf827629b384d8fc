internal import Synchronization

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
            precondition(bounds.count < Series.capacity && bounds == bounds.sorted(), "few bounds, and in order")
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

    /// One row of buckets.
    fileprivate final class Series: Sendable {
        static let capacity = 24
        let labels: [String]
        /// The last bucket in use is that without a bound.
        let counts = InlineArray<24, Atomic<Int>> { _ in Atomic(0) }
        let sum = Atomic<Int>(0)

        init(labels: [String]) { self.labels = labels }
    }

    private let metric: Metric
    private let buckets: Buckets
    private let series: [Series]
    private let showsEmpty: Bool

    /// - Parameters:
    ///   - series: the label values of each combination; their positions are the indices of ``observe(_:at:)``.
    ///   - showsEmpty: whether combinations are shown before anything was observed.
    package init(_ metric: Metric, _ buckets: Buckets, series: [[String]] = [[]], showsEmpty: Bool = true) {
        precondition(metric.kind == .histogram, "only a histogram has buckets")
        self.metric = metric
        self.buckets = buckets
        self.showsEmpty = showsEmpty
        self.series = series.map { Series(labels: $0) }
    }

    /// - Parameter value: in the buckets' own unit: nanoseconds, or a number of things; below zero counts as zero.
    package func observe(_ value: Int, at index: Int = 0) {
        let value = max(0, value)
        var bucket = 0
        for bound in buckets.bounds where bound < value { bucket += 1 }
        let series = series[index]
        series.counts[bucket].add(1, ordering: .relaxed)
        series.sum.add(value, ordering: .relaxed)
    }

    package func observe(_ duration: Duration, at index: Int = 0) {
        let (seconds, attoseconds) = duration.components
        observe(Int(seconds) * 1_000_000_000 + Int(attoseconds / 1_000_000_000), at: index)
    }

    /// The number of observations.
    package func count(at index: Int = 0) -> Int { counts(of: series[index]).reduce(0, +) }

    package var metrics: [Metric] { [metric] }

    package func write(to text: inout MetricText) {
        text.begin(metric)
        for series in series { write(series, to: &text) }
    }

    private func write(_ series: Series, to text: inout MetricText) {
        let counts = counts(of: series)
        if !showsEmpty, counts.allSatisfy({ $0 == 0 }) { return }
        let pairs = zip(metric.labels.map(\.rawValue), series.labels).map { (name: $0, value: $1) }
        var count = 0
        for (index, inBucket) in counts.enumerated() {
            count += inBucket
            let bound = index < buckets.bounds.count ? Double(buckets.bounds[index]) / buckets.unit : .infinity
            let labels = MetricText.labels(pairs + [(name: "le", value: MetricText.number(bound))])
            text.sample(metric, suffix: "_bucket", labels: labels, count)
        }
        let labels = MetricText.labels(pairs)
        text.sample(metric, suffix: "_sum", labels: labels, Double(series.sum.load(ordering: .relaxed)) / buckets.unit)
        // The buckets themselves are the count, so that the two never differ.
        text.sample(metric, suffix: "_count", labels: labels, count)
    }

    private func counts(of series: Series) -> [Int] {
        (0...buckets.bounds.count).map { series.counts[$0].load(ordering: .relaxed) }
    }
}
