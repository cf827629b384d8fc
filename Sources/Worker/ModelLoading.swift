package import Catalog
package import Core
package import Inference
package import Operations
package import Queue
package import Store

/// Brings the versions of a catalog onto a worker's shelf, each once its trial is known to be passed.
///
/// What another worker tries is waited for, and what failed is tried again after a while. So the worker serves what it
/// can from the first moment on.
///
/// Comes from: the catalog. Goes to: ``ModelShelf``.
package struct ModelLoading: Service {
    package let name = "models"
    private let work: Work

    /// Tries one version in a process of its own.
    package struct Trial: Sendable {
        /// What else than the version a trial's outcome may hang on.
        package let conditions: @Sendable (ResolvedModel) -> String
        /// How long a model may take.
        package let limit: Duration
        /// Runs the trial, of so long at most; it blocks the thread, and ends early when the signal is raised.
        ///
        /// Returns nil when it was ended early, and throws when nothing was tried, whatever the model is like.
        package let run: @Sendable (ResolvedModel, Duration, StopSignal) throws -> ModelVerdict?

        package init(
            limit: Duration, conditions: @escaping @Sendable (ResolvedModel) -> String,
            run: @escaping @Sendable (ResolvedModel, Duration, StopSignal) throws -> ModelVerdict?
        ) {
            (self.limit, self.conditions, self.run) = (limit, conditions, run)
        }
    }

    /// - Parameters:
    ///   - owner: this process, registered with the models by ``WorkerService/register(_:shelf:boot:database:at:)``.
    ///   - boot: the name under which it was registered.
    ///   - onChange: called when a version was put onto the shelf.
    package init(
        _ catalog: Catalog, onto shelf: ModelShelf, loader: ModelLoader, trial: Trial, owner: Owner, boot: String,
        database: Database, clock: WallClock, steady: SteadyClock, logger: Logger, metrics: WorkerMetrics,
        onChange: @escaping @Sendable () -> Void
    ) {
        work = Work(
            versions: catalog.models.flatMap(\.resolved).filter { catalog.refused[$0.identity] == nil }, shelf: shelf,
            loader: loader, trial: trial, owner: owner, boot: boot, database: database, clock: clock, steady: steady,
            logger: logger, metrics: metrics, onChange: onChange)
    }

    package func run(until stop: StopSignal) async throws {
        try await ThreadService(name) { [work] stop in
            var round = try LoadingRound(work)
            try round.run(until: stop)
        }.run(until: stop)
    }

    /// What the loading thread works with.
    struct Work: Sendable {
        let versions: [ResolvedModel]
        let shelf: ModelShelf
        let loader: ModelLoader
        let trial: Trial
        let owner: Owner
        let boot: String
        let database: Database
        let clock: WallClock
        let steady: SteadyClock
        let logger: Logger
        let metrics: WorkerMetrics
        let onChange: @Sendable () -> Void
    }
}
