internal import API
internal import Core
internal import Digest
internal import Foundation
internal import HTTP
internal import Operations
internal import Queue
internal import Store
internal import Worker

/// `sibyl api`: one API process.
struct APICommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax(
            "api", "Runs one API process.",
            options: [.init("--ready-file", value: "FILE", "Writes the service's URL there once it listens.")],
            settings: Setting.serving)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "api")
        let address = try ListenAddress(environment.settings[.listen]!)
        try address.checkOpenness(auth: environment.settings[.auth])
        _ = try address.hostNames(environment.settings)
        let stop = environment.stopSignal()
        let process = try APIProcess(environment, stop: stop)
        let server = try process.makeServer(address)
        let url = address.url(port: server.port)
        environment.logger.notice("listening", ["url": url])
        if let file = arguments.value("--ready-file") {
            try (url + "\n").write(toFile: file, atomically: true, encoding: .utf8)
        }
        try await ServiceGroup(process.services + [process.service(of: server)], logger: environment.logger)
            .run(until: stop)
        environment.logger.notice("stopped")
        return 0
    }
}

/// The parts of an API process.
struct APIProcess {
    private let environment: ServiceEnvironment
    private let database: Database
    private let doorbell: Doorbell
    private let committer: GroupCommitter
    private let owner: Owner
    private let watcher: CompletionWatcher
    private let changes: ChangeWatcher
    private let reading: ReadingThreads
    private let context: APIContext
    private let keeper: Keeper
    private let metrics: MetricRegistry
    private let connections: Int

    init(_ environment: ServiceEnvironment, stop: StopSignal) throws {
        self.environment = environment
        connections = environment.connections()
        let followers = connections / Limits.followingPart
        let store = StoreMetrics(commitsGroups: true)
        database = try environment.openDatabase(onEvent: store.hear)
        var catalog = try environment.loadCatalog()
        try environment.refuseTaken(in: &catalog, beside: database)
        doorbell = try Doorbell(database: database, steady: environment.steady)
        committer = GroupCommitter(
            database: database,
            groupLimit: environment.settings[.groupCommit] == "off" ? 1 : Limits.groupCommitSubmissions,
            onCommit: { store.hear(.groupCommitted(writes: $0)) })
        keeper = try environment.makeKeeper(database, doorbell)
        metrics = MetricRegistry(
            environment.commonMetrics(
                process: "api", store: store, keeper: keeper, catalog: catalog, database: database))
        owner = try Owner(
            .api, boot: environment.boot, models: [], database: database, at: environment.clock.now)
        reading = ReadingThreads(clock: environment.steady)
        let readers = database.makeReaders()
        let models = ModelRegistry()
        let tasks = TaskStore(readers: readers, models: models)
        let forecast = Forecast(
            readers: readers, models: models, clock: environment.steady, wall: environment.clock)
        watcher = CompletionWatcher(
            tasks: tasks, listener: try doorbell.listen(as: .api, boot: environment.boot), clock: environment.steady,
            logger: environment.logger, limit: followers, onLook: { forecast.expire() })
        changes = ChangeWatcher(
            tasks: tasks, clock: environment.steady, logger: environment.logger, limit: followers,
            // try? because what was seen of the queue before will do where a look fails.
            onLook: { _ = try? forecast.view() })
        stop.whenRaised { [changes] in changes.close() }
        let submissions = Submissions(
            database: database, committer: committer, doorbell: doorbell, clock: environment.clock,
            retention: environment.retention, room: environment.room)
        context = APIContext(
            catalog: catalog, submissions: submissions,
            tasks: tasks, workforce: Workforce(readers: readers), reading: reading,
            forecast: forecast,
            administration: Administration(
                committer: committer, readers: readers, models: models, doorbell: doorbell, clock: environment.clock),
            capacity: Capacity(database: database, readers: readers, room: environment.room),
            keeperStandstill: { [keeper] in keeper.standstill },
            persistence: Persistence(stopping: { stop.isRaised }), watcher: watcher, changes: changes,
            readiness: Readiness(clock: environment.steady, stopping: stop) { try await submissions.probe() },
            receiver: owner,
            clock: environment.clock, steady: environment.steady, settings: Self.settings(environment.settings))
    }

    func makeServer(_ address: ListenAddress) throws -> APIServer {
        var random = SystemRandom()
        return try APIServer(
            context, configuration: serverConfiguration(address), hosts: address.hostNames(environment.settings),
            requestIDSeed: random.next(),
            logger: environment.logger, metrics: metrics)
    }

    /// In the order of dependence: requests need the watcher and the committer until their last.
    var services: [any Service] {
        [environment.service(of: keeper)] + environment.registration(of: owner) + [
            ThreadService("committer") { [committer] stop in try committer.run(until: stop) }
        ]
            + (1...Limits.readingThreads).map { number in
                ThreadService("reading \(number)") { [reading] stop in reading.run(until: stop) }
            } + [
                ThreadService("changes") { [changes] stop in changes.run(until: stop) },
                ThreadService("watcher") { [watcher] stop in watcher.run(until: stop) },
            ]
    }

    func service(of server: APIServer) -> any Service {
        TaskService("http") { stop in
            await stop.raised()
            await server.stop(within: Limits.drainDeadline)
        }
    }

    private func serverConfiguration(_ address: ListenAddress) -> HTTPServerConfiguration {
        let settings = environment.settings
        return HTTPServerConfiguration(
            host: address.host, port: address.port, connections: connections,
            idle: .seconds(settings.integer(.idleSeconds)),
            headerDeadline: .seconds(settings.integer(.headerSeconds)))
    }

    private static func settings(_ values: SettingValues) -> APIContext.Settings {
        APIContext.Settings(
            chunkRows: values.integer(.chunkRows), batchRows: values.integer(.maxBatchRows),
            synchronousRows: values.integer(.syncRows), synchronousWait: .seconds(values.integer(.syncSeconds)))
    }
}

extension ServiceEnvironment {
    /// As many connections as are set, or as files may be open: without one left the database could not be used.
    fileprivate func connections() -> Int {
        let wanted = settings.integer(.connections)
        let files = OpenFiles.allow(wanted + Limits.otherFiles)
        let connections = min(wanted, max(Limits.leastConnections, files - Limits.otherFiles))
        if connections < wanted {
            logger.warning(
                "fewer connections than set, because few files may be open; raise the limit (ulimit -n)",
                ["files": "\(files)", "connections": "\(connections)"])
        }
        return connections
    }
}
