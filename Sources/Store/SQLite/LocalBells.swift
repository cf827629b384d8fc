internal import Core
internal import Synchronization

/// Rings at the datagram sockets in the database's folder of doors; ringing costs nothing while nobody listens.
final class LocalBells: Bells {
    private struct State {
        var doors: [String] = []
        var readAt: Duration?
        var changedAt = 0
    }

    private let directory: DoorDirectory
    private let clock: SteadyClock
    private let state = Mutex(State())

    /// How long the list of doors is believed where the folder's time of change says nothing new: it moves in steps.
    private static let listLifetime = Duration.milliseconds(200)

    /// - Throws: ``StoreError/doorbellUnusable(reason:)``.
    init(folder: String, clock: SteadyClock) throws {
        directory = try DoorDirectory(path: folder)
        self.clock = clock
    }

    func open(_ kind: String, boot: String) throws -> any Door {
        try LocalDoor(directory: directory, name: kind + "-" + boot)
    }

    func ring(_ message: [UInt8], at kind: String) {
        for door in doors() where door.hasPrefix(kind) { directory.send(message, to: door) }
    }

    private func doors() -> [String] {
        let (now, changedAt) = (clock.now, directory.changedAt)
        return state.withLock { state in
            if let readAt = state.readAt, now - readAt < Self.listLifetime, state.changedAt == changedAt {
                return state.doors
            }
            state.changedAt = changedAt
            state.doors = directory.names()
            state.readAt = now
            return state.doors
        }
    }
}

/// One door: a socket on which rings arrive.
private final class LocalDoor: Door {
    private let directory: DoorDirectory
    private let name: String
    private let descriptor: Int32

    init(directory: DoorDirectory, name: String) throws {
        self.directory = directory
        self.name = name
        descriptor = try directory.bind(name)
    }

    deinit { directory.remove(name, descriptor) }

    func wait(for limit: Duration) -> [UInt8]? { directory.receive(on: descriptor, for: limit) }
    func wake() { directory.send([], to: name) }
}
