package import Core
internal import Glibc

/// Runs the services of a process, and stops them one after the other, the last one first.
///
/// They stop when they are asked to, or when one of them ends: then the group throws what that one threw.
package struct ServiceGroup: Sendable {
    private let services: [any Service]
    private let logger: Logger
    private let deadline: Duration

    /// - Parameters:
    ///   - services: in the order in which they depend on each other; all start at once.
    ///   - deadline: how long stopping may take; then the process ends as it is, which loses nothing accepted.
    package init(_ services: [any Service], logger: Logger, deadline: Duration = Limits.stopDeadline) {
        self.services = services
        self.logger = logger
        self.deadline = deadline
    }

    /// Runs until the signal is raised or a service ends.
    package func run(until stop: StopSignal) async throws {
        let runs = services.map { Run(service: $0) }
        let failures = await withTaskGroup(of: (any Error)?.self) { group in
            for run in runs { group.addTask { await run.run(endingRaises: stop) } }
            await stop.raised()
            let guardian = ServiceThread(name: "stop-deadline") { [logger, deadline] ended in
                if ended.wait(for: deadline) { return }
                logger.error("stopping took too long", ["seconds": "\(deadline.components.seconds)"])
                _exit(1)
            }
            for run in runs.reversed() { await run.stopAndWait() }
            guardian.stop()
            return await group.reduce(into: [any Error]()) { if let error = $1 { $0.append(error) } }
        }
        if let first = failures.first { throw first }
    }

    /// One service on its way.
    private struct Run: Sendable {
        let service: any Service
        let stop = StopSignal()
        let ended = Latch()

        func run(endingRaises groupStop: StopSignal) async -> (any Error)? {
            defer {
                ended.raise()
                groupStop.raise()
            }
            do {
                try await service.run(until: stop)
                return nil
            } catch {
                return error
            }
        }

        func stopAndWait() async {
            stop.raise()
            await ended.raised()
        }
    }
}
