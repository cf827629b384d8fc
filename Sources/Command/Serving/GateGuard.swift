internal import Core
internal import Operations
internal import Store
internal import Synchronization

/// Kills processes of `up` that were stopped while they held the write gate: nobody could write until they went on.
///
/// What they held in the queue is rescued, and they are started again. A stopped process that `up` did not start is only
/// reported, by those who wait for it: it is somebody else's to end.
final class GateGuard: Service {
    let name = "gate guard"
    /// Nil where there is no gate: a server ends what stands still by itself.
    private let standstill: GateStandstill?
    private let clock: SteadyClock
    private let logger: Logger
    /// By their numbers, which no other process bears until its end was noted in the object.
    private let children = Mutex<[Int32: ChildProcess]>([:])

    init(place: String, clock: SteadyClock, logger: Logger) {
        standstill = Database.isServer(place) ? nil : GateStandstill(files: DatabaseFiles(path: place))
        self.clock = clock
        self.logger = logger
    }

    func add(_ child: ChildProcess) { children.withLock { $0[child.processID] = child } }

    func remove(_ child: ChildProcess) {
        children.withLock { if $0[child.processID] === child { $0[child.processID] = nil } }
    }

    func run(until stop: StopSignal) async throws {
        try await ThreadService(name) { [self] stop in watch(until: stop) }.run(until: stop)
    }

    private func watch(until stop: StopSignal) {
        // When each was first seen to stand at the gate without a break since.
        var sights: [Int32: Duration] = [:]
        guard let standstill else {
            while !stop.wait(for: .seconds(3_600)) {}
            return
        }
        while !stop.wait(for: Limits.stoppedHolderPoll) {
            let living = children.withLock { $0 }
            let now = clock.now
            sights = living.keys.filter(standstill.isCaused).reduce(into: [:]) { $0[$1] = sights[$1] ?? now }
            for (process, since) in sights where now - since >= Limits.stoppedHolder {
                logger.error("process stopped at the write gate, killed", ["child": "\(process)"])
                living[process]?.kill()
            }
        }
    }
}
