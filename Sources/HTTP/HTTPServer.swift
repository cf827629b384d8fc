import Core
import Dispatch

/// Serves HTTP/1.1 over libmicrohttpd, on threads of its own.
///
/// Comes from: the process that serves. Goes to: the handlers of its routes.
package final class HTTPServer: Sendable {
    /// The port that is listened on.
    package let port: UInt16
    let context: ServerContext
    private let acceptor: Acceptor
    private let daemons: [Daemon]
    private let sweep: DeadlineSweep

    /// Begins to listen and to serve.
    ///
    /// - Throws: ``ListenError``: the address is taken, or the certificate is not one.
    package init(
        _ configuration: HTTPServerConfiguration, router: Router, hooks: HTTPServerHooks
    ) throws {
        let socket = try ListeningSocket(host: configuration.host, port: configuration.port)
        port = socket.port
        acceptor = Acceptor(listening: socket, limit: max(1, configuration.connections))
        context = ServerContext(configuration: configuration, router: router, hooks: hooks, acceptor: acceptor)
        do { daemons = try Self.start(context) } catch {
            socket.close()
            throw error
        }
        sweep = DeadlineSweep(of: context)
        acceptor.start(
            { [daemons] turn, socket, address, length in
                daemons[turn % daemons.count].add(socket, address, length)
            }, onCrowd: { [context] in context.makeRoom() })
    }

    /// Stops: lets nobody in, finishes what was begun, tells the rest that the service shuts down.
    ///
    /// - Parameter grace: how long requests in flight may take; afterwards they are answered 503, streams are cut.
    package func stop(within grace: Duration) async {
        context.drain()
        await acceptor.stop()
        await waitUntilIdle(for: grace)
        // Every suspended connection must be set going before the library stops.
        for exchange in context.close() { exchange.abort() }
        await waitUntilIdle(for: Self.farewell)
        sweep.cancel()
        await withCheckedContinuation { continuation in
            // Joins threads, so it may not run where tasks run.
            DispatchQueue.global().async { [daemons] in
                for daemon in daemons { daemon.stop() }
                continuation.resume()
            }
        }
    }

    /// One daemon a thread: the library's own pool of threads needs the listening socket.
    private static func start(_ context: ServerContext) throws -> [Daemon] {
        var daemons: [Daemon] = []
        do {
            for _ in 0..<max(1, context.configuration.threads) { daemons.append(try Daemon(context)) }
        } catch {
            for daemon in daemons { daemon.stop() }
            throw error
        }
        return daemons
    }

    private func waitUntilIdle(for patience: Duration) async {
        let end = context.hooks.clock.now + patience
        while !context.isIdle && context.hooks.clock.now < end {
            // A cancelled stop does not wait; it still closes everything.
            do { try await Task.sleep(for: .milliseconds(2)) } catch { return }
        }
    }

    /// How long the answers of a stopping server may take to reach their callers.
    private static let farewell = Duration.seconds(1)
}
