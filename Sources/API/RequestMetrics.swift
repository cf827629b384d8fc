internal import HTTP
internal import Operations

/// Counts the requests of a server.
///
/// Every label comes from a list that is fixed when the server starts, so that no request, however it looks, adds one.
///
/// Comes from: the server's hooks. Goes to: the metrics.
struct RequestMetrics: Sendable {
    private static let methods = HTTPMethod.allCases.map(\.rawValue) + ["OTHER"]
    /// What the service answers, then any other, then none at all because the connection ended.
    private static let statuses: [Int] = [
        200, 202, 204, 206, 303, 304, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 415, 416,
        417, 422, 429, 431, 500, 501, 503, 505,
    ]
    private static let statusNames = statuses.map { "\($0)" } + ["other", "none"]

    private let routes: [String: Int]
    private let requests: Tally
    private let durations: Histogram
    /// Open connections.
    let connections = Tally(.connections)

    /// - Parameter routes: those of the server; what finds none of them has the route `none`.
    init(_ routes: [Route]) {
        let patterns = ["none"] + Set(routes.map(\.pattern)).sorted()
        self.routes = Dictionary(uniqueKeysWithValues: patterns.enumerated().map { ($1, $0) })
        requests = Tally(
            .requests,
            series: patterns.flatMap { pattern in
                Self.methods.flatMap { method in Self.statusNames.map { [method, pattern, $0] } }
            }, showsZeros: false)
        durations = Histogram(.requestDuration, .durations, series: patterns.map { [$0] }, showsEmpty: false)
    }

    var sources: [any MetricSource] { [requests, durations, connections] }

    func count(_ summary: RequestSummary) {
        let route = summary.route.flatMap { routes[$0] } ?? 0
        let method = Self.methods.firstIndex(of: summary.method) ?? Self.methods.count - 1
        requests.add(
            at: (route * Self.methods.count + method) * Self.statusNames.count + Self.place(of: summary.status))
        durations.observe(summary.duration, at: route)
    }

    private static func place(of status: Int?) -> Int {
        guard let status else { return statuses.count + 1 }
        return statuses.firstIndex(of: status) ?? statuses.count
    }
}
