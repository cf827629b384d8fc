/// Writes to the database, one transaction at a time, in turn with every other process.
///
/// One thread at a time uses it.
package final class Writer {
    /// When a commit counts.
    package enum Durability: Sendable {
        /// A commit is on disk before the call returns: what a caller was promised.
        case durable
        /// A power loss may undo the commit, never the order of commits: claims and beats, which are harmless to lose.
        case relaxed
    }

    private let connection: Connection
    private let gate: WriteGate

    init(database: Database, durability: Durability) throws {
        gate = try WriteGate(files: database.files) { [onEvent = database.onEvent] in onEvent(.gateEntered(after: $0)) }
        connection = try database.open(.readWrite, at: gate)
        let level = durability == .durable ? "FULL" : "NORMAL"
        try connection.execute(script: "PRAGMA synchronous = \(level)")
    }

    /// Runs a write transaction, which is undone when the closure throws.
    ///
    /// Nothing is computed inside: every process waits meanwhile.
    ///
    /// - Throws: what the closure throws, ``StoreError/gateTimeout(holder:isStopped:)``, or ``SQLiteError``; then
    ///   nothing was written.
    @discardableResult
    package func transaction<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        try connection.run("BEGIN IMMEDIATE")
        do {
            let value = try body(connection)
            try connection.run("COMMIT")
            return value
        } catch {
            connection.rollBack()
            throw error
        }
    }

    /// Runs a read transaction outside the gate.
    package func read<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try connection.readTransaction(body)
    }

    /// Runs a statement inside the gate that cannot be part of a transaction, such as a checkpoint.
    func exclusively<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try body(connection)
    }
}

extension Connection {
    /// Runs a closure on one unchanging state of the database.
    ///
    /// Readers keep it short: the log grows meanwhile.
    func readTransaction<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try run("BEGIN")
        do {
            let value = try body(self)
            try run("COMMIT")
            return value
        } catch {
            rollBack()
            throw error
        }
    }

    /// Undoes the open transaction, if SQLite has not done so already.
    func rollBack() {
        guard isInTransaction else { return }
        do {
            try run("ROLLBACK")
        } catch {
            // A connection that cannot even roll back must not go on: what it would commit is unknown.
            preconditionFailure("rollback failed: \(error)")
        }
    }
}
