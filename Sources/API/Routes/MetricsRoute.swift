internal import HTTP
internal import Operations
internal import Store

/// `/metrics`: the counts of this process, and those of the whole service where it is the keeper.
struct MetricsRoute {
    static let pattern = "/metrics"

    let metrics: MetricRegistry
    /// Some metrics are looked up in the database, where tasks must not block.
    let reading: ReadingThreads

    var routes: [Route] {
        [
            Route(
                .get, Self.pattern,
                .asynchronous { [metrics, reading] _ in
                    .bytes(try await reading.read(.long) { metrics.text() }, type: MetricText.mediaType)
                }, types: ["text/plain"])
        ]
    }
}
