/// A metric of one number that is looked up when it is asked for.
package struct Reading: MetricSource {
    private let metric: Metric
    private let labels: String
    private let read: @Sendable () throws -> Double

    /// - Parameter values: the label values.
    package init(_ metric: Metric, labels values: [String] = [], _ read: @escaping @Sendable () throws -> Double) {
        self.metric = metric
        labels = MetricText.labels(metric.labels, values)
        self.read = read
    }

    package var metrics: [Metric] { [metric] }

    package func write(to text: inout MetricText) throws {
        let value = try read()
        text.begin(metric)
        text.sample(metric, labels: labels, value)
    }
}
