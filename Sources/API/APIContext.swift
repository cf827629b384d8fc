package import Catalog
package import Core
internal import Digest
internal import HTTP
package import Queue
package import Store

/// What the routes work with; made once, shared by all requests.
///
/// A class: each copy of a struct would count a reference for each of its parts, and all threads share those counts.
package final class APIContext: Sendable {
    package let catalog: Catalog
    package let submissions: Submissions
    package let tasks: TaskStore
    package let workforce: Workforce
    /// Where handlers that run as tasks read.
    package let reading: ReadingThreads
    /// What waits, and what it costs.
    package let forecast: Forecast
    package let administration: Administration
    /// How full the service is.
    package let capacity: Capacity
    /// How long nobody has kept house, as far as this process has seen; nil when somebody does.
    package let keeperStandstill: @Sendable () -> Duration?
    /// Where streams are read.
    package let uploads: RequestSlots
    /// Where large pages of results are read and written out.
    let pages: RequestSlots
    /// Writes that must not be given up.
    package let persistence: Persistence
    package let watcher: CompletionWatcher
    package let changes: ChangeWatcher
    package let readiness: Readiness
    /// This process, which answers for the uploads it receives.
    package let receiver: Owner
    package let clock: WallClock
    package let steady: SteadyClock
    package let settings: Settings
    private let random = SystemRandom()

    /// Bounds that an operator may set.
    package struct Settings: Sendable {
        /// Rows of one chunk, 1 to ``Limits/chunkRows``.
        package var chunkRows: Int
        /// Rows of one JSON batch.
        package var batchRows: Int
        /// Rows of one synchronous batch.
        package var synchronousRows: Int
        /// How long a synchronous prediction waits.
        package var synchronousWait: Duration

        package init(
            chunkRows: Int = Limits.chunkRows, batchRows: Int = Limits.jsonRows,
            synchronousRows: Int = Limits.synchronousRows, synchronousWait: Duration = Limits.synchronousWait
        ) {
            self.chunkRows = chunkRows
            self.batchRows = batchRows
            self.synchronousRows = synchronousRows
            self.synchronousWait = synchronousWait
        }
    }

    package init(
        catalog: Catalog, submissions: Submissions, tasks: TaskStore, workforce: Workforce,
        reading: ReadingThreads, forecast: Forecast, administration: Administration, capacity: Capacity,
        keeperStandstill: @escaping @Sendable () -> Duration?, persistence: Persistence, watcher: CompletionWatcher,
        changes: ChangeWatcher, readiness: Readiness, receiver: Owner, clock: WallClock, steady: SteadyClock,
        settings: Settings
    ) {
        self.catalog = catalog
        self.submissions = submissions
        self.tasks = tasks
        self.workforce = workforce
        self.reading = reading
        self.forecast = forecast
        self.administration = administration
        self.capacity = capacity
        self.keeperStandstill = keeperStandstill
        self.persistence = persistence
        self.watcher = watcher
        self.changes = changes
        self.readiness = readiness
        self.receiver = receiver
        self.clock = clock
        self.steady = steady
        self.settings = settings
        uploads = RequestSlots(of: Limits.uploads, clock: steady, whenFull: .tooManyUploads)
        pages = RequestSlots(of: Limits.largePages, clock: steady, whenFull: .tooManyPages)
    }

    /// Whose tasks a request sees.
    ///
    /// Until there are keys, everybody on this machine is one owner.
    static let owner = "local"

    /// What waits, as of a moment ago.
    ///
    /// One look serves all that ask for it within its time.
    ///
    /// - Parameter age: how old the look may be; nil for as old as any is believed.
    func forecastView(notOlderThan age: Duration? = nil) async throws -> Forecast.View {
        if let view = forecast.recentView(notOlderThan: age) { return view }
        return try await reading.read { [forecast] in try forecast.view(notOlderThan: age) }
    }

    /// Answers by a read of a few rows: on the connection's own thread where it cannot wait, else on the reading threads.
    func pointRead(_ answer: @escaping @Sendable (HTTPRequest) throws -> HTTPResponse) -> Route.Handler {
        tasks.readsAtOnce
            ? .immediate(answer)
            : .asynchronous { [reading] request in try await reading.read { try answer(request) } }
    }

    /// What waits, as of a moment ago, for a caller that must not wait; nil where that would need a read that may.
    func immediateView() throws -> Forecast.View? {
        tasks.readsAtOnce ? try forecast.view() : forecast.recentView()
    }

    /// A task as callers see it, by what was last seen of the queue.
    ///
    /// - Parameter result: the single result of a one-row task, wherever it is kept.
    func message(of stored: StoredTask, result: Predictions?) -> TaskMessage {
        let view = stored.task.status.isFinal ? nil : forecast.lastView
        let now = clock.now
        return TaskMessage(
            stored: stored, result: result, now: now, queueWait: view?.wait(forRows: 0, costing: 0),
            waitingFor: WaitingFor(stored, view, at: now), isStranded: view?.isStranded(stored.task.model) ?? false)
    }

    /// The same by a look of a moment ago; it blocks, as any read.
    func currentMessage(of stored: StoredTask, result: Predictions?) throws -> TaskMessage {
        if !stored.task.status.isFinal { _ = try forecast.view() }
        return message(of: stored, result: result)
    }

    /// Why nothing of a model version runs now; nil when it runs.
    ///
    /// A look of some tenths of a second ago is enough to let a caller in. Before one is refused, a fresh look is taken,
    /// because another process may have resumed the model, or a worker may have come; callers that are refused together
    /// share it.
    func obstacle(to model: ModelIdentity) async throws -> Obstacle? {
        guard try await forecastView().obstacle(to: model) != nil else { return nil }
        return try await forecastView(notOlderThan: Limits.refusingLook).obstacle(to: model)
    }

    /// The same, where whoever waits for a while would wait in vain.
    func lastingObstacle(to model: ModelIdentity) async throws -> Obstacle? {
        try await obstacle(to: model).flatMap { $0.passesSoon ? nil : $0 }
    }

    /// Waits for a task's end.
    ///
    /// - Returns: nil when the time was over first, when too many wait already, and at once when nothing of it runs.
    func ended(_ stored: StoredTask, within limit: Duration) async throws -> StoredTask? {
        if stored.task.status.isFinal { return stored }
        if stored.task.rows.processing == 0, try await lastingObstacle(to: stored.task.model) != nil { return nil }
        do {
            return try await changes.change(of: stored.task.id, within: limit) { $0.task.status.isFinal }
        } catch StoreError.tooManyWaiting {
            return nil
        }
    }

    /// Makes a new task's id.
    func makeID() -> TaskID {
        var generator = random
        return TaskID(at: clock.now, using: &generator)
    }
}
