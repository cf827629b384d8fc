internal import Core
internal import Inference
internal import Operations
internal import Queue
internal import Worker

/// `sibyl worker`: one worker process.
struct WorkerCommand: Command {
    var syntax: CommandSyntax {
        CommandSyntax("worker", "Runs one worker process.", settings: Setting.serving)
    }

    func run(_ arguments: Arguments) async throws -> Int32 {
        let environment = try ServiceEnvironment(arguments, process: "worker")
        let stop = environment.stopSignal()
        let catalog = try environment.loadCatalog()
        let database = try environment.openDatabase()
        let doorbell = try Doorbell(database: database, steady: environment.steady)
        let models = LoadedModels(catalog, libraryPath: environment.settings[.onnxRuntime])
        let owner = try WorkerService.register(
            models, boot: environment.boot, database: database, at: environment.clock.now)
        let worker = try WorkerService(
            owner: owner, models: models, database: database, doorbell: doorbell, boot: environment.boot,
            clock: environment.clock, steady: environment.steady, retention: environment.retention,
            logger: environment.logger)
        let services = [environment.keeper(database, doorbell)] + environment.registration(of: owner) + [worker]
        try await ServiceGroup(services, logger: environment.logger).run(until: stop)
        environment.logger.notice("stopped")
        return 0
    }
}
