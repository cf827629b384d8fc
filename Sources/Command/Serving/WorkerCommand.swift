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
        let worker = try WorkerService(
            database: database, models: models, boot: environment.boot, doorbell: doorbell, clock: environment.clock,
            retention: environment.retention, logger: environment.logger)
        let services: [any Service] = [
            environment.keeper(database, doorbell), worker.beat(every: environment.lease / 3), worker,
        ]
        try await ServiceGroup(services, logger: environment.logger).run(until: stop)
        environment.logger.notice("stopped")
        return 0
    }
}
