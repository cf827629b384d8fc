internal import Core
internal import Synchronization

/// Lends connections for short reads, each to one thread at a time.
package final class Readers: Sendable {
    private let database: Database
    private let idle = Mutex<[Lent]>([])

    /// A connection on its way between threads.
    private struct Lent: @unchecked Sendable {  // @unchecked because one thread at a time has it
        let connection: Connection
    }

    init(database: Database) { self.database = database }

    /// Runs a closure on one unchanging state of the database.
    ///
    /// A thread that finds no idle connection opens one; no more than ``Limits/readers`` are kept. The callers are
    /// the server's few threads and the process's services, so that their number bounds the connections.
    package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        let lent = try idle.withLock { $0.popLast() } ?? open()
        defer {
            idle.withLock { idle in
                if idle.count < Limits.readers, !lent.connection.session.isLost { idle.append(lent) }
            }
        }
        return try lent.connection.readTransaction(body)
    }

    private func open() throws -> Lent {
        Lent(connection: try database.backend.makeReader())
    }
}
