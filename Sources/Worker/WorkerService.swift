package import Core
internal import Glibc
package import Inference
package import Operations
package import Queue
package import Store

/// A worker: registered with the models it serves, it runs what waits until it is told to stop.
package struct WorkerService: Service {
    package let name = "worker"
    private let database: Database
    private let models: LoadedModels
    private let owner: Owner
    private let doorbell: Doorbell
    private let listener: Doorbell.Listener
    private let clock: WallClock
    private let steady: SteadyClock
    private let retention: Duration
    private let logger: Logger
    private let metrics: WorkerMetrics

    /// - Parameter owner: this process, registered with the models by ``register(_:boot:database:at:)``.
    package init(
        owner: Owner, models: LoadedModels, database: Database, doorbell: Doorbell, boot: String, clock: WallClock,
        steady: SteadyClock, retention: Duration, logger: Logger, metrics: WorkerMetrics
    ) throws {
        self.metrics = metrics
        self.steady = steady
        self.owner = owner
        self.models = models
        self.database = database
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
        self.logger = logger
        listener = try doorbell.listen(as: .worker, boot: boot)
    }

    /// Registers a worker; models that it could not load are registered with the reason.
    ///
    /// - Parameter boot: a name that no other process ever had.
    package static func register(
        _ models: LoadedModels, boot: String, database: Database, at time: WallTime
    ) throws -> Owner {
        let ready = models.ready.map {
            Owner.LoadedModel(
                identity: $0.identity, message: $0.warning, engine: $0.engine.name, fallback: $0.engine.fallbackReason)
        }
        let broken = models.broken.map {
            Owner.LoadedModel(identity: $0.identity, broken: $0.code, message: $0.message)
        }
        return try Owner(.worker, boot: boot, models: ready + broken, database: database, at: time)
    }

    package func run(until stop: StopSignal) async throws {
        tellOfModels()
        if models.ready.isEmpty { return try await standStill(until: stop) }
        try await ThreadService(name) { stop in try work(until: stop) }.run(until: stop)
    }

    private func tellOfModels() {
        for model in models.broken {
            logger.error(
                "model broken", ["model": model.identity.model, "code": model.code.rawValue, "reason": model.message])
        }
        for model in models.ready {
            guard let reason = model.engine.fallbackReason else { continue }
            logger.warning(
                "no kernel for the model, ONNX Runtime runs it",
                ["model": model.identity.model, "version": model.identity.version, "reason": reason])
        }
        for model in models.ready {
            guard let warning = model.warning else { continue }
            logger.warning(
                "model is slow", ["model": model.identity.model, "version": model.identity.version, "reason": warning])
        }
        for (identity, comparison) in models.comparisons {
            logger.notice(
                "no golden rows, the kernel was compared with ONNX Runtime",
                [
                    "model": identity.model, "version": identity.version, "texts": "\(comparison.texts)",
                    "other_labels": "\(comparison.otherLabels)", "other_values": "\(comparison.otherValues)",
                    "greatest_difference": "\(comparison.greatestDifference)",
                ])
        }
    }

    private func work(until stop: StopSignal) throws {
        let keys = try database.makeWriter(.durable).transaction { connection in
            try models.ready.map { try ModelTable.key(of: $0.identity, output: $0.output, in: connection) }
        }
        let predictors = Dictionary(uniqueKeysWithValues: zip(keys, models.ready))
        metrics.learn(predictors.mapValues(\.identity))
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
            leases: leases, predictors: predictors, listener: listener, clock: clock, steady: steady,
            watchdog: watchdog, current: current, logger: logger, metrics: metrics)
        logger.info(
            "worker ready",
            ["models": models.ready.map { "\($0.identity.model)_\($0.identity.version)" }.joined(separator: ",")])
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

    /// A worker without any model stays registered for a while, so that health tells why, and then fails: whoever
    /// supervises it starts it again, and a mended machine is noticed.
    private func standStill(until stop: StopSignal) async throws {
        let isStopped = await withCheckedContinuation { continuation in
            _ = ServiceThread(name: "broken-worker") { _ in
                continuation.resume(returning: stop.wait(for: Limits.brokenWorkerPause))
            }
        }
        if !isStopped { throw WorkerError.noModel(reasons: models.broken.map(\.message)) }
    }
}
