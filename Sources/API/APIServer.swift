package import Core
package import HTTP
package import Operations

/// The API of one process: its routes on a listening server.
package final class APIServer: Sendable {
    private let server: HTTPServer

    /// Every route, in the order in which they are listed.
    package static func routes(_ context: APIContext, metrics: MetricRegistry) -> [Route] {
        let submissions = SubmissionRoutes(context: context)
        let repeats = RepeatRoutes(context: context, submissions: submissions)
        let routes =
            submissions.routes + UploadRoutes(context: context, submissions: submissions).routes
            + repeats.routes + AdminRoutes(context: context, repeats: repeats).routes
            + StrandedRoutes(context: context, repeats: repeats).routes
            + TaskRoutes(context: context).routes
            + ResultRoutes(context: context).routes + EventRoutes(context: context).routes
            + ManifestRoutes(context: context).routes + CompareRoutes(context: context).routes
            + PredictRoutes(context: context, submissions: submissions).routes
            + ModelRoutes(context: context).routes + HealthRoutes(context: context).routes
            + MetricsRoute(metrics: metrics, reading: context.reading).routes
        return RootRoute(listed: routes).routes + routes
    }

    /// Begins to listen and to serve.
    ///
    /// - Parameter hosts: names by which callers may ask, beside those of this machine.
    package init(
        _ context: APIContext, configuration: HTTPServerConfiguration, hosts: [Authority], requestIDSeed: UInt64,
        logger: Logger, metrics: MetricRegistry
    ) throws {
        let access = UnkeyedAccess(listeningOn: configuration.host, names: hosts)
        let routes = Self.routes(context, metrics: metrics)
        let router = Router(
            routes, alsoUnder: "/api",
            where: { $0.pattern != "/" && $0.pattern != MetricsRoute.pattern && !$0.pattern.hasPrefix("/admin") })
        let requests = RequestMetrics(routes)
        let uploads = context.uploads
        metrics.add(requests.sources + [Reading(.uploads) { Double(uploads.takenCount) }])
        let hooks = HTTPServerHooks(
            clock: context.steady, requestIDSeed: requestIDSeed, describe: Problems.describe,
            admit: access.check,
            onFinish: { summary in
                requests.count(summary)
                RequestLog(logger: logger).write(summary)
            }, onConnection: { requests.connections.add($0) })
        server = try HTTPServer(configuration, router: router, hooks: hooks)
    }

    /// The port that is listened on.
    package var port: UInt16 { server.port }

    /// Stops: what was begun is finished within the grace.
    package func stop(within grace: Duration) async { await server.stop(within: grace) }
}

/// Writes a line for each request that is worth one: what failed on our side, and at debug level everything.
struct RequestLog {
    let logger: Logger

    func write(_ summary: RequestSummary) {
        let status = summary.status ?? 0
        let level: LogLevel = status >= 500 ? .warning : .debug
        guard logger.writes(level) else { return }
        var values = [
            "method": summary.method, "route": summary.route ?? "-", "status": "\(status)",
            "seconds": "\(summary.duration.inSeconds)", "request.id": summary.requestID,
            "complete": "\(summary.isComplete)",
        ]
        if let code = summary.code { values["code"] = code.rawValue }
        logger.log(level, "request", values)
    }
}
