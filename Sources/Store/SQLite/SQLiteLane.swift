internal import Core

/// Writes to a SQLite file, in turn with every other process.
final class SQLiteLane: WritingLane {
    private let connection: Connection
    private let gate: WriteGate
    private let durability: Writer.Durability

    /// - Parameter waits: whether it waits for who holds SQLite's own lock. Writers wait for each other at the gate, but a
    ///   reader that finds the log's index half written takes that lock for a moment, to look again.
    init(_ engine: SQLiteEngine, durability: Writer.Durability, waits: Bool = true) throws {
        gate = try WriteGate(files: engine.files) { [onEvent = engine.onEvent] in onEvent(.gateEntered(after: $0)) }
        connection = try engine.open(.readWrite, at: gate)
        self.durability = durability
        let level = durability == .durable ? "FULL" : "NORMAL"
        let patience = waits ? Limits.lockWait.wholeMilliseconds : 0
        try connection.execute(script: "PRAGMA synchronous = \(level); PRAGMA busy_timeout = \(patience)")
    }

    func transaction(_ reach: Writer.Reach, _ body: (Connection) throws -> Void) throws {
        guard durability == .durableOnReturn else { return try commit(body) }
        let outcome = Result { try commit(body) }
        // Whatever was written before, by whomever, lies before it in the log, and is flushed with it; also for one that
        // failed, because its reason may be what another has written in this moment, such as the same submission.
        try connection.sqlite.flushLog()
        try outcome.get()
    }

    private func commit(_ body: (Connection) throws -> Void) throws {
        try gate.enter()
        defer { gate.leave() }
        try connection.run("BEGIN IMMEDIATE")
        try connection.end(body)
    }

    /// Runs a read transaction outside the gate.
    func read(_ body: (Connection) throws -> Void) throws { try connection.readTransaction(body) }

    /// Runs a statement inside the gate that cannot be part of a transaction, such as a checkpoint.
    func exclusively<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try body(connection)
    }
}
