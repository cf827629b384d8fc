package import Core
internal import HTTP
internal import Inference
package import Operations
internal import Store

/// A worker's own door for those who watch over it: `/metrics`, `/live` and `/ready`, and nothing else.
///
/// Comes from: the setting `SIBYL_METRICS_LISTEN`. Goes to: what scrapes and supervises.
package final class WorkerDoor: Service {
    package let name = "door"
    private let server: HTTPServer
    /// Some metrics are looked up in the database, for which the door's one thread must not wait.
    private let reading: ReadingThreads

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - hosts: names by which callers may ask, beside those of this machine.
    ///   - shelf: the models that it serves, and those that it cannot serve.
    ///   - stopping: raised when the process begins to stop.
    /// - Throws: `ListenError` when the address is taken.
    package init(
        _ address: ListenAddress, hosts: [Authority], metrics: MetricRegistry, shelf: ModelShelf,
        stopping: StopSignal,
        clock: SteadyClock, requestIDSeed: UInt64
    ) throws {
        let readiness: @Sendable () -> HTTPResponse = {
            let stop = stopping.isRaised ? ["The process is stopping."] : []
            let isServing = shelf.count > 0
            let broken = shelf.broken.map(\.message)
            let begins = isServing || !broken.isEmpty ? [] : ["The models are being tried and loaded."]
            return Self.answer(isReady: isServing && stop.isEmpty, reasons: stop + begins + broken)
        }
        reading = ReadingThreads(clock: clock, count: 1)
        let access = UnkeyedAccess(listeningOn: address.host, names: hosts)
        server = try HTTPServer(
            HTTPServerConfiguration(
                host: address.host, port: address.port, threads: 1, connections: Limits.doorConnections),
            router: Router([
                Route(
                    .get, "/metrics",
                    .asynchronous { [reading] _ in
                        .bytes(try await reading.read { metrics.text() }, type: MetricText.mediaType)
                    },
                    types: ["text/plain"]),
                Route(.get, "/live", .immediate { _ in .json(Array(#"{"live":true}"#.utf8)) }),
                Route(.get, "/ready", .immediate { _ in readiness() }),
            ]),
            hooks: HTTPServerHooks(
                clock: clock, requestIDSeed: requestIDSeed, describe: Self.describe, admit: access.check))
    }

    /// The port that is listened on.
    package var port: UInt16 { server.port }

    package func run(until stop: StopSignal) async throws {
        let thread = ServiceThread(name: "door-reading") { [reading] in reading.run(until: $0) }
        await stop.raised()
        await server.stop(within: .seconds(1))
        thread.stop()
        await thread.joined()
    }

    private static func answer(isReady: Bool, reasons: [String]) -> HTTPResponse {
        let body = JSONWriter.write { json in
            json.object { json in
                json.member("ready", isReady)
                json.key("reasons")
                json.array { json in for reason in reasons { json.value(reason) } }
            }
        }
        return .json(body, status: isReady ? 200 : 503)
    }

    /// The door has three routes: what else is asked for is not there, and what fails is ours.
    @Sendable private static func describe(_ error: any Error) -> Problem {
        if error is StoreError {
            return Problem(
                status: 503, code: .storageBusy, detail: "The metrics cannot be read in time.",
                headers: ["Retry-After": "1"])
        }
        guard let error = error as? HTTPError else {
            return Problem(status: 500, code: .internalError, detail: "Something went wrong here.")
        }
        var headers = HTTPHeaders()
        if case .methodNotAllowed(let allowed, _) = error { headers.set("Allow", allowed.joined(separator: ", ")) }
        let status =
            switch error.code {
            case .forbidden: 403
            case .routeNotFound: 404
            case .methodNotAllowed: 405
            case .notAcceptable: 406
            case .bodyTooLarge: 413
            case .targetTooLong: 414
            case .unsupportedEncoding: 415
            case .expectationFailed: 417
            case .headersTooLarge: 431
            case .versionNotSupported: 505
            case .shuttingDown: 503
            case .internalError: 500
            default: 400
            }
        return Problem(status: status, code: error.code, detail: error.message, headers: headers)
    }
}
