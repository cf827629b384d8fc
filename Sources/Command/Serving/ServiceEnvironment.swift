internal import Catalog
internal import Core
internal import Digest
internal import Foundation
internal import Glibc
internal import HTTP
internal import Inference
internal import Operations
internal import Queue
internal import Store
internal import Worker

/// What every serving process begins with: its settings, its clocks, its log, its name, and the database.
struct ServiceEnvironment {
    let settings: SettingValues
    let environment: [String: String]
    let clock = WallClock { .system }
    let steady = SteadyClock { .monotonic }
    let logger: Logger
    /// This process's name among all that ever worked on the database.
    let boot: String

    init(_ arguments: Arguments, process: String) throws {
        environment = ProcessInfo.processInfo.environment
        settings = try Self.settings(arguments, environment: environment)
        var random = SystemRandom()
        boot = Hexadecimal.encode((0..<8).map { _ in UInt8.random(in: 0...255, using: &random) })
        let level = settings[.logLevel].flatMap(LogLevel.init(rawValue:)) ?? .info
        logger = Logger(level: level, context: ["process": process, "pid": "\(getpid())"]) {
            WallTime.system.description
        }
        for name in settings.unknownNames(except: [ChildProcess.lifelineName]) {
            logger.warning("unknown setting", ["name": name])
        }
    }

    static func settings(_ arguments: Arguments, environment: [String: String]) throws -> SettingValues {
        let dotEnv = try? String(contentsOfFile: ".env", encoding: .utf8)  // try? because there need not be one
        return try SettingValues(options: arguments.settings, environment: environment, dotEnv: dotEnv)
    }

    var lease: Duration { .seconds(settings.integer(.leaseSeconds)) }
    /// How much is accepted.
    var room: Room {
        Room(rows: settings.integer(.maxWaitingRows), bytes: settings[.maxStoredMegabytes].map { Int($0)! << 20 })
    }
    var retention: Duration { .seconds(settings.integer(.retentionHours) * 3_600) }

    /// Creates the schema, or brings it up to date.
    func migrateDatabase() throws {
        let done = try Database(path: settings[.database]!).migrate()
        if let version = done.last { logger.notice("schema migrated", ["version": "\(version)"]) }
    }

    /// Opens the database; a new one gets its schema, an old one must have the right one.
    ///
    /// - Parameter onEvent: hears what happens in the store and the queue.
    func openDatabase(onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }) throws -> Database {
        let database = try Database(path: settings[.database]!, onEvent: onEvent)
        if try database.schemaVersion() == 0 { try database.migrate() }
        try database.checkSchema()
        return database
    }

    /// What loads models as the settings say.
    func makeLoader() -> ModelLoader {
        ModelLoader(libraryPath: settings[.onnxRuntime], usesKernel: settings[.textKernel] != "off")
    }

    /// How a worker tries models before it loads them.
    func makeTrial(_ loader: ModelLoader) -> ModelLoading.Trial {
        let trial = ModelTrial(settings, clock: steady)
        let runtimeVersion = loader.runtimeVersion
        return ModelLoading.Trial(
            limit: .seconds(trial.seconds),
            conditions: { trial.conditions(of: $0, runtimeVersion: runtimeVersion) },
            run: { [logger] version, limit, stop in
                let outcome = try trial.run(version, limit: limit, stop: stop)
                if outcome?.verdict == .good, outcome?.isAlone == false {
                    logger.warning(
                        "model tried with the network in reach",
                        [
                            "model": version.identity.model, "version": version.identity.version,
                            "reason": "this system lets no process leave it",
                        ])
                }
                return outcome?.verdict
            })
    }

    func loadCatalog() throws -> Catalog {
        let catalog = try Catalog(folder: settings[.models]!)
        for (name, error) in catalog.broken { logBroken(name, error) }
        return catalog
    }

    /// Refuses versions that changed under their names while tasks are stored that were accepted for what they were.
    func refuseTaken(in catalog: inout Catalog, beside database: Database) throws {
        let readers = database.makeReaders()
        for version in catalog.models.flatMap(\.resolved) {
            let rival = try readers.read { try ModelTable.rival(of: version.identity, in: $0) }
            guard let rival else { continue }
            let reason = CatalogError.versionTaken(
                model: rival.model, version: rival.version, stored: rival.digest, found: version.identity.digest)
            catalog.refuse(version, because: reason)
            logBroken(rival.model, reason)
        }
    }

    private func logBroken(_ model: String, _ error: CatalogError) {
        logger.error("model broken", ["model": model, "code": error.code.rawValue, "reason": error.message])
    }

    func makeKeeper(_ database: Database, _ doorbell: Doorbell) throws -> Keeper {
        try Keeper(
            database: database, boot: boot, doorbell: doorbell, clock: clock, steady: steady,
            policy: Upkeep.Policy(
                lease: lease, retention: retention, records: .seconds(settings.integer(.recordDays) * 24 * 3_600)),
            logger: logger)
    }

    /// - Parameter isSeen: whether this process shows metrics. One that does not lets others stand for election first when
    ///   it begins, since the keeper alone shows the state of the service.
    func service(of keeper: Keeper, isSeen: Bool = true) -> any Service {
        ThreadService("keeper") { stop in
            if !isSeen, stop.wait(for: Limits.unseenKeeperPause) { return }
            try keeper.run(until: stop)
        }
    }

    /// What every process shows: itself, its writes, and the whole service where it is the keeper.
    ///
    /// - Parameter process: what the process is: `api` or `worker`.
    func commonMetrics(
        process: String, store: StoreMetrics, keeper: Keeper, catalog: Catalog, database: Database
    ) -> [any MetricSource] {
        let readers = database.makeReaders()
        let models = ModelRegistry()
        let service = ServiceReadings(
            keeper: keeper, catalog: catalog, congestion: Congestion(readers: readers, models: models),
            forecast: Forecast(readers: readers, models: models, clock: steady, wall: clock),
            capacity: Capacity(database: database, readers: readers, room: room), clock: clock)
        return ProcessReadings.make(process: process, sqlite: Database.libraryVersion, startedAt: clock.now)
            + store.sources + [service]
    }

    /// The services that keep this process on the list of the living, and take it off at the end.
    ///
    /// They come before those that work, so that they stop after them.
    func registration(of owner: Owner) -> [any Service] {
        [
            ThreadService("owner") { stop in
                while !stop.wait(for: .seconds(3_600)) {}
                try owner.leave()
            },
            ThreadService("beat") { [logger, steady, interval = lease / 3] stop in
                var outage = Outage()
                try owner.beat(every: interval, until: stop) { error in
                    if let error {
                        if outage.failed(at: steady.now) { logger.error("beat missed", ["error": "\(error)"]) }
                    } else if let duration = outage.succeeded(at: steady.now) {
                        logger.notice("beat again", ["missed_ms": "\(duration.wholeMilliseconds)"])
                    }
                }
            },
        ]
    }

    /// A signal that is raised when this process should stop, for whatever reason.
    func stopSignal() -> StopSignal {
        let stop = StopSignal()
        TerminationSignals.watch(raising: stop)
        ChildProcess.stopWithStarter(raising: stop, environment: environment)
        return stop
    }
}

extension WallTime {
    /// The time of day, from the system.
    static var system: WallTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return WallTime(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}

extension Duration {
    /// The time since the machine started.
    static var monotonic: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
