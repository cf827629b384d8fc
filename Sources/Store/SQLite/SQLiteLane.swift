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
        // Only who has read has opened the log, which `flush` needs.
        if durability == .durableOnceFlushed { _ = try connection.first("SELECT 1 FROM sqlite_schema") { _ in true } }
    }

    func transaction(_ reach: Writer.Reach, _ body: (Connection) throws -> Void) throws {
        try gate.enter()
        defer { gate.leave() }
        try connection.run("BEGIN IMMEDIATE")
        try connection.end(body)
    }

    /// Runs a read transaction outside the gate.
    func read(_ body: (Connection) throws -> Void) throws { try connection.readTransaction(body) }

    /// Whatever was committed before, by whomever, lies in the log, and goes to disk with it.
    func flush() throws { try connection.sqlite.flushLog() }

    /// Runs a statement inside the gate that cannot be part of a transaction, such as a checkpoint.
    func exclusively<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try gate.enter()
        defer { gate.leave() }
        return try body(connection)
    }
}
