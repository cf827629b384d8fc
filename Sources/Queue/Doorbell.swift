package import Core
package import Store

/// Wakes other processes: workers when there is work, API processes when tasks have ended.
///
/// A ring may be lost, so every listener also looks by itself now and then.
package final class Doorbell: Sendable {
    private let bells: any Bells
    private let onEvent: @Sendable (StoreEvent) -> Void

    /// - Throws: ``StoreError`` when the engine's way to ring cannot be had.
    package init(database: Database, steady: SteadyClock) throws {
        bells = try database.makeBells(steady)
        onEvent = database.onEvent
    }

    /// Opens a door of this process, at which others can ring.
    ///
    /// - Parameter boot: this process's own name.
    package func listen(as kind: Owner.Kind, boot: String) throws -> Listener {
        Listener(try bells.open(kind.rawValue, boot: boot))
    }

    /// Tells workers that chunks may be claimed.
    package func ringWorkers() { ring([], at: .worker) }

    /// Tells API processes that models may run again, or may not run now.
    package func ringAPIs() { ring([], at: .api) }

    /// Tells API processes which tasks have ended; of very many it says only "look".
    package func announce(_ ended: [EndedTask]) {
        for task in ended { onEvent(.taskEnded(task.status)) }
        ring(ended.count <= Self.announcedTasks ? ended.flatMap(\.id.bytes) : [], at: .api)
    }

    /// Ids in one datagram.
    private static let announcedTasks = 512

    private func ring(_ message: [UInt8], at kind: Owner.Kind) { bells.ring(message, at: kind.rawValue) }

    /// One door of this process, at which rings arrive.
    package final class Listener: Sendable {
        private let door: any Door

        init(_ door: any Door) { self.door = door }

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
            guard let message = door.wait(for: limit) else { return .none }
            if message.isEmpty { return .look }
            return .ended(
                stride(from: 0, to: message.count, by: 16).compactMap {
                    TaskID(bytes: message[$0..<min($0 + 16, message.count)])
                })
        }

        /// Lets a thread of this process that waits here go on.
        package func wake() { door.wake() }
    }
}
