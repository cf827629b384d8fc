internal import Core
internal import Synchronization

/// An advisory lock that a connection of its own holds; the server frees it when the connection ends.
final class PostgresLock: Presence {
    /// The lock's number, from a name in the first parameter.
    static let key = "hashtextextended(current_schema() || ':' || ?, 0)"

    private let engine: PostgresEngine
    private let name: String
    private let stand = Mutex<Stand?>(nil)

    /// A connection that holds the lock, or asks for it again and again.
    private struct Stand: @unchecked Sendable {  // @unchecked because the mutex hands it to one thread at a time
        let connection: Connection
        var isHeld = false

        mutating func take(_ name: String) throws -> Bool {
            if isHeld { return true }
            isHeld =
                try connection.first("SELECT pg_try_advisory_lock(\(PostgresLock.key))", .text(name)) {
                    $0.int(0) != 0
                } ?? false
            return isHeld
        }
    }

    /// Often enough that a connection which ended is made anew long before its process is taken for dead.
    let renewal: Duration? = Limits.rescuePoll * Limits.absences / 4

    init(_ engine: PostgresEngine, name: String) {
        self.engine = engine
        self.name = name
    }

    /// Takes the lock, or makes sure that it is still held: what has come from the server tells, without a way there.
    ///
    /// - Returns: false when another holds it.
    @discardableResult
    func take() throws -> Bool {
        try stand.withLock { stand in
            if stand?.connection.session.hasEnded ?? true {
                // The old connection goes first: a server may have few.
                stand = nil
                stand = Stand(connection: try engine.connect())
            }
            return try stand!.take(name)
        }
    }

    func renew() throws { try take() }

    /// Frees the lock now, and not only when the server notices that the connection has ended.
    func end() {
        stand.withLock { stand in
            // try? because a connection that is lost holds nothing.
            try? stand?.connection.execute(script: "SELECT pg_advisory_unlock_all()")
            stand = nil
        }
    }

    deinit { end() }
}

/// A process that works alone with the database, by an advisory lock.
final class PostgresElection: Election {
    private let lock: PostgresLock

    init(_ engine: PostgresEngine) { lock = PostgresLock(engine, name: "alone") }

    func tryWin() throws -> Bool { try lock.take() }
    func resign() { lock.end() }
}
