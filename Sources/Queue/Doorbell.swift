package import Core
package import Store
internal import Synchronization

/// Wakes other processes: workers when there is work, API processes when tasks have ended.
///
/// A bell is a datagram socket in the database's folder of doors; ringing costs nothing while nobody listens. A ring may
/// be lost, so every listener also looks by itself now and then.
package final class Doorbell: Sendable {
    private struct State {
        var doors: [String] = []
        var readAt: Duration?
        var changedAt = 0
    }

    private let directory: DoorDirectory
    private let clock: SteadyClock
    private let onEvent: @Sendable (StoreEvent) -> Void
    private let state = Mutex(State())

    /// How long the list of doors is believed where the folder's time of change says nothing new: it moves in steps.
    private static let listLifetime = Duration.milliseconds(200)

    /// - Throws: ``QueueError/doorbellUnusable(reason:)``.
    package init(database: Database, steady: SteadyClock) throws {
        directory = try DoorDirectory(path: database.files.doors)
        onEvent = database.onEvent
        clock = steady
    }

    /// Opens a door of this process, at which others can ring.
    ///
    /// - Parameter boot: this process's own name.
    package func listen(as kind: Owner.Kind, boot: String) throws -> Listener {
        try Listener(directory: directory, name: kind.rawValue + "-" + boot)
    }

    /// Tells workers that chunks may be claimed.
    package func ringWorkers() { ring([], at: .worker) }

    /// Tells API processes which tasks have ended; of very many it says only "look".
    package func announce(_ ended: [EndedTask]) {
        for task in ended { onEvent(.taskEnded(task.status)) }
        ring(ended.count <= Self.announcedTasks ? ended.flatMap(\.id.bytes) : [], at: .api)
    }

    /// Ids in one datagram.
    private static let announcedTasks = 512

    private func ring(_ message: [UInt8], at kind: Owner.Kind) {
        for door in doors() where door.hasPrefix(kind.rawValue) { directory.send(message, to: door) }
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

    /// One door: a socket on which rings arrive.
    package final class Listener: Sendable {
        private let directory: DoorDirectory
        private let name: String
        private let descriptor: Int32

        init(directory: DoorDirectory, name: String) throws {
            self.directory = directory
            self.name = name
            descriptor = try directory.bind(name)
        }

        deinit { directory.remove(name, descriptor) }

        /// What a ring said.
        package enum Ring: Sendable, Equatable {
            /// Something changed: look.
            case look
            /// These tasks have ended.
            case ended([TaskID])
            /// Nobody rang in time.
            case none
        }

        /// Waits for the next ring.
        ///
        /// Blocks its thread.
        package func wait(for limit: Duration) -> Ring {
            guard let message = directory.receive(on: descriptor, for: limit) else { return .none }
            if message.isEmpty { return .look }
            return .ended(
                stride(from: 0, to: message.count, by: 16).compactMap {
                    TaskID(bytes: message[$0..<min($0 + 16, message.count)])
                })
        }

        /// Lets a thread of this process that waits here go on.
        package func wake() { directory.send([], to: name) }
    }
}
