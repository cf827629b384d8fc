package import Catalog
package import Core
internal import Glibc
internal import Inference
package import Operations
package import Queue
package import Store

/// A worker: it runs what waits for the models on its shelf until it is told to stop.
package struct WorkerService: Service {
    package let name = "worker"
    private let database: Database
    private let shelf: ModelShelf
    private let owner: Owner
    private let doorbell: Doorbell
    private let listener: Doorbell.Listener
    private let clock: WallClock
    private let steady: SteadyClock
    private let retention: Duration
    private let logger: Logger
    private let metrics: WorkerMetrics

    /// - Parameters:
    ///   - owner: this process, registered with the models by ``register(_:shelf:boot:database:at:)``.
    ///   - shelf: filled by ``ModelLoading``.
    package init(
        owner: Owner, shelf: ModelShelf, database: Database, doorbell: Doorbell, boot: String, clock: WallClock,
        steady: SteadyClock, retention: Duration, logger: Logger, metrics: WorkerMetrics
    ) throws {
        self.metrics = metrics
        self.steady = steady
        self.owner = owner
        self.shelf = shelf
        self.database = database
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
        self.logger = logger
        listener = try doorbell.listen(as: .worker, boot: boot)
    }

    /// Registers a worker before it has loaded anything; versions that are broken or refused as they stand are registered
    /// with the reason, the others as not tried yet.
    ///
    /// - Parameter boot: a name that no other process ever had.
    package static func register(
        _ catalog: Catalog, shelf: ModelShelf, boot: String, database: Database, at time: WallTime
    ) throws -> Owner {
        let broken = LoadedModels.broken(in: catalog)
        for model in broken { shelf.put(model) }
        let open = catalog.models.flatMap(\.resolved).filter { catalog.refused[$0.identity] == nil }
        let models =
            broken.map { Owner.LoadedModel(identity: $0.identity, broken: $0.code, message: $0.message) }
            + open.map { Owner.LoadedModel(awaited: $0.identity) }
        return try Owner(.worker, boot: boot, models: models, database: database, at: time)
    }

    /// Wakes the worker's loop: another model is there.
    package var wake: @Sendable () -> Void { { [listener] in listener.wake() } }

    package func run(until stop: StopSignal) async throws {
        try await ThreadService(name) { stop in try work(until: stop) }.run(until: stop)
    }

    private func work(until stop: StopSignal) throws {
        let leases = try Leases(
            database: database, owner: owner, doorbell: doorbell, clock: clock, retention: retention)
        let current = CurrentClaim()
        let watchdog = makeWatchdog(over: current)
        let watching = ServiceThread(name: "watchdog") { _ in watchdog.run() }
        defer {
            watchdog.close()
            watching.join()
        }
        let loop = WorkerLoop(
            leases: leases, shelf: shelf, listener: listener, clock: clock, steady: steady,
            watchdog: watchdog, current: current, logger: logger, metrics: metrics)
        try loop.run(until: stop)
    }

    /// Ends the process when a run hangs.
    ///
    /// Several chunks prove nothing against any of them: they are given back first, each to run alone. A chunk alone stays
    /// leased: the keeper takes the process's end for a death in its run, which it was.
    private func makeWatchdog(over current: CurrentClaim) -> Watchdog {
        let (database, owner, doorbell, clock, retention, logger) = (
            database, owner, doorbell, clock, retention, logger
        )
        return Watchdog(
            clock: steady,
            onHang: {
                let claim = current.value
                logger.error("run hangs, the process ends", ["chunks": "\(claim?.chunks.count ?? 0)"])
                if let claim, claim.chunks.count > 1 {
                    do {
                        let leases = try Leases(
                            database: database, owner: owner, doorbell: doorbell, clock: clock, retention: retention)
                        try leases.release(claim.chunks, of: claim, asSuspects: true)
                    } catch {
                        logger.error("chunks could not be given back", ["error": "\(error)"])
                    }
                }
                _exit(Self.hangExitCode)
            }, onTrouble: { logger.error("model cannot be told to stop", ["error": "\($0)"]) })
    }

    /// EX_SOFTWARE of sysexits.h.
    private static let hangExitCode: Int32 = 70
}
