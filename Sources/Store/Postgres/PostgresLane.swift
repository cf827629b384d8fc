internal import Core

/// Writes to a PostgreSQL database over a connection of its own, which it makes anew when it is lost.
///
/// Writers run beside one another. What touches only its own rows holds a lock of the database together with others like
/// it; what looks at more than it locks (the keeper's work, stopping, administration) holds it alone, for one bounded
/// transaction. So the rules that one writer at a time keeps by itself on SQLite hold here too.
final class PostgresLane: WritingLane {
    private let engine: PostgresEngine
    private let durability: Writer.Durability
    private var connection: Connection?

    init(_ engine: PostgresEngine, durability: Writer.Durability) throws {
        self.engine = engine
        self.durability = durability
        connection = try connect()
    }

    private func connect() throws -> Connection {
        let connection = try engine.connect()
        if durability == .relaxed { try connection.execute(script: "SET synchronous_commit = off") }
        return connection
    }

    func transaction(_ reach: Writer.Reach, _ body: (Connection) throws -> Void) throws {
        for attempt in 1... {
            do {
                return try tryTransaction(reach, body)
            } catch let error as PostgresError where error.isUndone && attempt < Limits.undoneAttempts {
                continue
            }
        }
    }

    private func tryTransaction(_ reach: Writer.Reach, _ body: (Connection) throws -> Void) throws {
        let connection = try begin { connection in
            let lock =
                switch reach {
                case .own: ""
                case .rows: Self.lock("_shared")
                case .all: Self.lock("")
                }
            try connection.execute(script: "BEGIN;" + lock)
        }
        try connection.end(body)
    }

    private static func lock(_ kind: String) -> String {
        " SELECT pg_advisory_xact_lock\(kind)(hashtextextended(current_schema() || ':reach', 0))"
    }

    /// The server has flushed every commit before it told of it.
    func flush() {}

    func read(_ body: (Connection) throws -> Void) throws {
        let connection = try begin { try $0.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") }
        try connection.end(body)
    }

    /// Begins a transaction, on a new connection when the old one turns out to be lost: nothing was done on it yet.
    private func begin(_ open: (Connection) throws -> Void) throws -> Connection {
        if let connection, !connection.session.isLost {
            do {
                try open(connection)
                return connection
            } catch {
                connection.rollBack()
                guard connection.session.isLost else { throw error }
            }
        }
        connection = nil
        let fresh = try connect()
        connection = fresh
        do { try open(fresh) } catch {
            fresh.rollBack()
            throw error
        }
        return fresh
    }
}
