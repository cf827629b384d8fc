package import Core
internal import Glibc
package import Store

/// This process's place among those that hold leases or receive uploads.
///
/// Two things say that it lives. It keeps a file of its own locked, which the kernel frees the moment the process dies; and a
/// thread moves its beat, which stands still when the process hangs.
package final class Owner: Sendable {
    /// What a process does.
    package enum Kind: String, Sendable {
        /// Receives uploads.
        case api
        /// Runs chunks.
        case worker
    }

    /// A model as a worker found it.
    package struct LoadedModel: Sendable {
        package let identity: ModelIdentity
        /// Why the worker cannot serve it; nil when it can.
        package let broken: ErrorCode?
        /// The reason and its remedy, for people; of a model that can be served, what is slow about it.
        package let message: String?
        /// What runs it, as operators read of it; nil when it cannot be served.
        package let engine: String?
        /// Why no kernel runs it, where one might have.
        package let fallback: String?

        package init(
            identity: ModelIdentity, broken: ErrorCode? = nil, message: String? = nil, engine: String? = nil,
            fallback: String? = nil
        ) {
            self.identity = identity
            self.engine = engine
            self.fallback = fallback
            self.broken = broken
            self.message = message
        }

        /// A version that the worker is still to try or to load: nobody counts it as served, or as lost.
        package init(awaited identity: ModelIdentity) {
            self.init(
                identity: identity, broken: Self.awaited,
                message:
                    "The model `\(identity.model)` \(identity.version) is being tried and loaded; its rows run after that."
            )
        }

        static let awaited = ErrorCode.modelUnavailable
    }

    package let key: Int64
    private let database: Database
    private let presence: any Presence

    /// Registers this process.
    ///
    /// - Parameters:
    ///   - boot: a name that no other process ever had, of hexadecimal digits.
    ///   - models: the models that it serves, or could not load.
    package init(
        _ kind: Kind, boot: String, models: [LoadedModel], database: Database, at time: WallTime
    ) throws {
        self.database = database
        // The sign of life comes first: a row without one is what the keeper takes for a death.
        presence = try database.present(boot)
        key = try database.makeWriter(.durable).transaction { connection in
            // What was moved elsewhere since this process looked is served there.
            try connection.checkSchema()
            let key = try OwnerTable.insert(kind: kind, boot: boot, pid: getpid(), at: time, in: connection)
            for model in models { try OwnerTable.insert(model, of: key, in: connection) }
            return key
        }
    }

    /// Says how a model was found since this process was registered, in place of what was said of it before.
    ///
    /// - Throws: ``QueueError/ownershipLost`` when this process was declared dead.
    package func note(_ model: LoadedModel) throws {
        try database.makeWriter(.durable).transaction { connection in
            guard try OwnerTable.exists(key, in: connection) else { throw QueueError.ownershipLost }
            try OwnerTable.delete(model.identity, of: key, in: connection)
            try OwnerTable.insert(model, of: key, in: connection)
        }
    }

    /// Moves the beat until told to stop.
    ///
    /// Blocks its thread, which does nothing else.
    ///
    /// - Parameters:
    ///   - interval: a third of the lease, so that one late beat costs nothing.
    ///   - onBeat: told of each beat: with nil when it was written, else why not; the next one may succeed.
    /// - Throws: ``QueueError/ownershipLost`` when this process was declared dead; ``StoreError`` when the schema
    ///   has moved out of this program's reach.
    package func beat(
        every interval: Duration, until stop: StopSignal, onBeat: ((any Error)?) -> Void
    ) throws {
        let writer = try database.makeWriter(.relaxed)
        let pause = min(presence.renewal ?? interval, interval)
        var sinceBeat = Duration.zero
        while !stop.wait(for: pause) {
            do {
                try presence.renew()
                sinceBeat += pause
                if sinceBeat < interval { continue }
                sinceBeat = .zero
                let isAlive = try writer.transaction(reaching: .own) { connection in
                    try connection.checkSchema()
                    return try OwnerTable.beat(key, in: connection)
                }
                if !isAlive { throw QueueError.ownershipLost }
                onBeat(nil)
            } catch  where StoreError.isPassing(error) {
                // The first thing to do when the trouble has passed.
                sinceBeat = interval
                onBeat(error)
            }
        }
    }

    /// Takes this process off the list at an orderly end; chunks it still held are free at once, unharmed, and uploads
    /// that it had not ended are what they are after its death: the keeper would not look for them.
    package func leave() throws {
        try database.makeWriter(.relaxed).transaction { connection in
            _ = try OwnerTable.delete(key, in: connection)
            try ChunkTable.releaseAll(of: key, in: connection)
            _ = try Stopping.breakUploads(of: key, resumableUntil: nil, in: connection)
        }
        presence.end()
    }
}
