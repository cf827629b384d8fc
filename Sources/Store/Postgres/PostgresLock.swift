internal import Synchronization

/// An advisory lock that a connection of its own holds; the server frees it when the connection ends.
final class PostgresLock: Presence {
    /// The lock's number, from a name in the first parameter.
    static let key = "hashtextextended(current_schema() || ':' || ?, 0)"

    private let engine: PostgresEngine
    private let name: String
    private let held = Mutex<Held?>(nil)

    private struct Held: @unchecked Sendable {  // @unchecked because the mutex hands it to one thread at a time
        let connection: Connection
    }

    /// - Throws: ``StoreError/gateUnusable(reason:)`` when another holds it.
    init(_ engine: PostgresEngine, name: String) throws {
        self.engine = engine
        self.name = name
        guard try take() else { throw StoreError.gateUnusable(reason: "another process has the same name") }
    }

    /// Takes the lock, or makes sure that it is still held.
    ///
    /// - Returns: false when another holds it.
    @discardableResult
    func take() throws -> Bool {
        try held.withLock { held in
            if let connection = held?.connection {
                do {
                    if try connection.first("SELECT 1", make: { _ in true }) == true { return true }
                } catch {
                    held = nil
                }
            }
            let connection = try engine.connect()
            let isOurs = try connection.first("SELECT pg_try_advisory_lock(\(Self.key))", .text(name)) {
                $0.int(0) != 0
            }
            if isOurs == true { held = Held(connection: connection) }
            return isOurs == true
        }
    }

    func renew() throws { try take() }

    /// Frees the lock now, and not only when the server notices that the connection has ended.
    func end() {
        held.withLock { held in
            // try? because a connection that is lost holds nothing.
            try? held?.connection.execute(script: "SELECT pg_advisory_unlock_all()")
            held = nil
        }
    }

    deinit { end() }
}

/// Stands for the keeper with an advisory lock.
final class PostgresElection: Election {
    private let engine: PostgresEngine
    private var lock: PostgresLock?

    init(_ engine: PostgresEngine) { self.engine = engine }

    func tryWin() throws -> Bool {
        if let lock { return try lock.take() }
        do { lock = try PostgresLock(engine, name: "keeper") } catch StoreError.gateUnusable { return false }
        return true
    }

    func resign() {
        lock?.end()
        lock = nil
    }
}
