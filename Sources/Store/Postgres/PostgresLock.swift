internal import Core
internal import Synchronization

/// An advisory lock that a connection of its own holds; the server frees it when the connection ends.
final class PostgresLock: Presence {
    /// The lock's number, from a name in the first parameter.
    static let key = "hashtextextended(current_schema() || ':' || ?, 0)"

    private let engine: PostgresEngine
    private let name: String
    /// How long the server lets the connection rest before it ends it; nil for ever.
    private let standstill: Duration?
    private let stand = Mutex<Stand?>(nil)

    /// A connection that holds the lock, or asks for it again and again.
    private struct Stand: @unchecked Sendable {  // @unchecked because the mutex hands it to one thread at a time
        let connection: Connection
        var isHeld = false

        /// Whether the connection still holds the lock, or can still ask for it.
        ///
        /// - Parameter isAsked: whether the server must say so; else what has come from it tells.
        func stands(asking isAsked: Bool) -> Bool {
            if connection.session.hasEnded { return false }
            // try? because a connection that does not answer is made anew.
            return !isHeld || !isAsked || (try? connection.run("SELECT 1")) != nil
        }

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

    /// - Parameter standstill: how long its holder may not call ``take()`` before the server gives the lock to another, such
    ///   as when the process was stopped; nil for one that keeps it as long as its connection stands.
    init(_ engine: PostgresEngine, name: String, standstill: Duration? = nil) {
        self.engine = engine
        self.name = name
        self.standstill = standstill
    }

    /// Takes the lock, or makes sure that it is still held, which costs no round trip without a `standstill`.
    ///
    /// - Returns: false when another holds it.
    @discardableResult
    func take() throws -> Bool {
        try stand.withLock { stand in
            if stand?.stands(asking: standstill != nil) != true {
                // The old connection goes first: a server may have few.
                stand = nil
                stand = Stand(connection: try connect())
            }
            return try stand!.take(name)
        }
    }

    private func connect() throws -> Connection {
        let connection = try engine.connect()
        if let standstill {
            // A server before version 14 does not know it, and waits for the connection's end.
            try connection.run(
                "SELECT set_config(name, ?, false) FROM pg_settings WHERE name = 'idle_session_timeout'",
                .text("\(standstill.wholeMilliseconds)"))
        }
        return connection
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

/// Stands for the keeper with an advisory lock, which a keeper that stands still loses.
///
/// One that goes on later asks the server before its next round, and learns that another was elected. What it had begun it
/// ends: each of a keeper's transactions looks anew at what it changes.
final class PostgresElection: Election {
    private let lock: PostgresLock

    init(_ engine: PostgresEngine, standstill: Duration?) {
        lock = PostgresLock(engine, name: "keeper", standstill: standstill)
    }

    func tryWin() throws -> Bool { try lock.take() }
    func resign() { lock.end() }
}
