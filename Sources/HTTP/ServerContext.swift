import Core
import Dispatch
import Synchronization

/// What all connections and requests of a server share.
final class ServerContext: Sendable {
    let configuration: HTTPServerConfiguration
    let router: Router
    let hooks: HTTPServerHooks
    let requestIDs: RequestIDs
    /// Bytes of bodies that are held whole, beside the first of each.
    let bodies: Ration
    /// Bytes of answers that are on their way, beside the first of each.
    let answers: Ration
    private let acceptor: Acceptor

    /// Requests whose head has been read and whose answer is not sent yet.
    private let inFlight = Atomic<Int>(0)
    /// Answers close their connections.
    private let draining = Atomic<Bool>(false)
    private let connections = Mutex<[ObjectIdentifier: ClientConnection]>([:])
    private let waiting = Mutex(Waiting())

    /// Requests that a task works on; they may be suspended, and must be set going before the library stops.
    private struct Waiting {
        var exchanges: [ObjectIdentifier: Exchange] = [:]
        var isClosed = false
    }

    init(
        configuration: HTTPServerConfiguration, router: Router, hooks: HTTPServerHooks, acceptor: Acceptor
    ) {
        self.acceptor = acceptor
        self.configuration = configuration
        bodies = Ration(of: configuration.wholeBodyBytes, clock: hooks.clock)
        answers = Ration(of: configuration.answerBytes, clock: hooks.clock)
        self.router = router
        self.hooks = hooks
        requestIDs = RequestIDs(seed: hooks.requestIDSeed)
    }

    // MARK: Requests

    var isIdle: Bool { inFlight.load(ordering: .acquiring) == 0 }
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func requestBegan() { inFlight.add(1, ordering: .relaxed) }
    func requestEnded() { inFlight.subtract(1, ordering: .releasing) }
    func drain() { draining.store(true, ordering: .relaxed) }

    /// Notes that a task is about to work on a request; false when the server stops, and no task may begin.
    func join(_ exchange: Exchange) -> Bool {
        waiting.withLock { waiting in
            guard !waiting.isClosed else { return false }
            waiting.exchanges[ObjectIdentifier(exchange)] = exchange
            return true
        }
    }

    func leave(_ exchange: Exchange) {
        _ = waiting.withLock { $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
    }

    /// Lets no further task begin, and gives those requests that still have one.
    func close() -> [Exchange] {
        waiting.withLock { waiting in
            waiting.isClosed = true
            return Array(waiting.exchanges.values)
        }
    }

    // MARK: Connections

    func opened(_ connection: ClientConnection) {
        connections.withLock { $0[ObjectIdentifier(connection)] = connection }
        hooks.onConnection(1)
    }

    func closed(_ connection: ClientConnection) {
        connection.closed()
        _ = connections.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
        acceptor.connectionClosed()
        hooks.onConnection(-1)
    }

    /// Closes the connections that owe something for too long.
    func closeLateConnections() {
        let now = hooks.clock.now
        for connection in connections.withLock({ Array($0.values) }) { connection.closeIfLate(at: now) }
        acceptor.lookForCrowd()
    }

    /// Gives up connections that rest or are slow, when others wait to be let in: a few at a time, in the order of their ranks.
    func makeRoom() {
        let now = hooks.clock.now
        let spare = connections.withLock { Array($0.values) }.compactMap { connection in
            connection.spareRank(at: now).map { (rank: $0, connection: connection) }
        }
        let few = max(1, configuration.connections / 64)
        for (rank, connection) in spare.sorted(by: { $0.rank < $1.rank }).prefix(few) {
            connection.spare(because: rank.reason)
        }
    }
}
