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
        let lent = try begin()
        defer { giveBack(lent) }
        return try lent.connection.end(body)
    }

    /// Runs a closure whose one statement reads all that must fit together.
    ///
    /// SQLite keeps a statement to one state of the database by itself, and two statements around it would cost as much as
    /// a point read. A server's connection begins as ever: that is how one that was cut is found out.
    package func readOnce<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        guard database.backend.engine == .sqlite else { return try read(body) }
        let lent = try idle.withLock({ $0.popLast() }) ?? Lent(connection: try database.backend.makeReader())
        defer { giveBack(lent) }
        return try body(lent.connection)
    }

    /// Whether a read would begin at once: a connection to a file is there, so that nothing is to be waited for.
    ///
    /// A server may not answer for long, and to open a file takes a turn at the gate.
    var readAtOnce: Bool { database.backend.engine == .sqlite && idle.withLock { !$0.isEmpty } }

    /// Begins on a connection that works: one that was cut while nobody used it shows it here, before anything was read.
    private func begin() throws -> Lent {
        while let lent = idle.withLock({ $0.popLast() }) {
            do {
                try lent.connection.beginReading()
                return lent
            } catch {
                guard lent.connection.session.isLost else {
                    giveBack(lent)
                    throw error
                }
            }
        }
        let fresh = Lent(connection: try database.backend.makeReader())
        try fresh.connection.beginReading()
        return fresh
    }

    private func giveBack(_ lent: Lent) {
        idle.withLock { idle in
            if idle.count < Limits.readers, !lent.connection.session.isLost { idle.append(lent) }
        }
    }
}
