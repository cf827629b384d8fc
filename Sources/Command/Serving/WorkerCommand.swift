internal import Catalog
internal import Core
internal import Digest
internal import Inference
internal import Operations
internal import Queue
internal import Store
internal import Worker

/// `sibyl worker`: one worker process.
struct WorkerCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax("worker", "Runs one worker process.", settings: Setting.serving)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "worker")
        let address = try environment.settings[.metricsListen].map { try ListenAddress(metrics: $0) }
        let hosts = try address?.hostNames(environment.settings) ?? []
        let stop = environment.stopSignal()
        var catalog = try environment.loadCatalog()
        let store = StoreMetrics(commitsGroups: false)
        let versions = catalog.models.flatMap(\.resolved).map(\.identity)
        let metrics = WorkerMetrics(serving: versions, clock: environment.steady)
        let database = try environment.openDatabase {
            store.hear($0)
            metrics.hear($0)
        }
        let doorbell = try Doorbell(database: database, steady: environment.steady)
        try environment.refuseTaken(in: &catalog, beside: database)
        let shelf = ModelShelf()
        let owner = try WorkerService.register(
            catalog, shelf: shelf, boot: environment.boot, database: database, at: environment.clock.now)
        let worker = try WorkerService(
            owner: owner, shelf: shelf, database: database, doorbell: doorbell, boot: environment.boot,
            clock: environment.clock, steady: environment.steady, retention: environment.retention,
            logger: environment.logger, metrics: metrics)
        let loader = environment.makeLoader()
        let loading = ModelLoading(
            catalog, onto: shelf, loader: loader, trial: environment.makeTrial(loader), owner: owner,
            boot: environment.boot, database: database, clock: environment.clock, steady: environment.steady,
            logger: environment.logger, metrics: metrics, onChange: worker.wake)
        let keeper = try environment.makeKeeper(database, doorbell)
        let registry = MetricRegistry(
            environment.commonMetrics(
                process: "worker", store: store, keeper: keeper, catalog: catalog, database: database)
                + metrics.sources)
        let ownDoor = try address.map { address in
            try door(address, hosts, environment, registry, shelf, stop)
        }
        let services =
            (ownDoor.map { [$0] } ?? []) + [environment.service(of: keeper, isSeen: ownDoor != nil)]
            + environment.registration(of: owner) + [loading, worker]
        try await ServiceGroup(services, logger: environment.logger).run(until: stop)
        environment.logger.notice("stopped")
        return 0
    }

    /// The worker's own door.
    private func door(
        _ address: ListenAddress, _ hosts: [Authority], _ environment: ServiceEnvironment, _ metrics: MetricRegistry,
        _ shelf: ModelShelf, _ stop: StopSignal
    ) throws -> any Service {
        var random = SystemRandom()
        let door = try WorkerDoor(
            address, hosts: hosts, metrics: metrics, shelf: shelf, stopping: stop, clock: environment.steady,
            requestIDSeed: random.next())
        environment.logger.notice("door open", ["url": address.url(port: door.port)])
        return door
    }
}
