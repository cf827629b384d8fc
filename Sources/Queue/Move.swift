package import Core
package import Store

/// Moves an installation from a database of one engine to one of the other, with all that runs, waits and comes in.
///
/// No process is alive meanwhile, and none can begin: the source is marked first. Its rows are copied as they are; how
/// far, stands in the target, so that a move that was killed goes on. Only when everything was read again there, and found
/// the same, the source is marked as left behind, and then the target is let go: at no moment two databases can be
/// served.
package final class Move {
    /// What a move is at.
    package enum Step: Sendable, Equatable {
        case looking(String)
        case copying(table: String, rows: Int)
        case comparing(String)
    }

    private let source: Database
    private let target: Database
    private let clock: WallClock
    private let newID: () -> String

    /// - Parameter newID: makes a name that no other move has.
    package init(from source: Database, to target: Database, clock: WallClock, newID: @escaping () -> String) {
        // Each step may go over whole tables, of whatever size.
        self.source = source.forLongStatements
        self.target = target.forLongStatements
        self.clock = clock
        self.newID = newID
    }

    /// Moves everything, or goes on where a move was killed.
    ///
    /// - Returns: the number of tasks that were moved.
    /// - Throws: ``MoveError``; ``StoreError/inUse``; what the engines throw. The source is then as it was, or marked as
    ///   being moved; never is anything switched.
    package func run(onProgress: (Step) -> Void) throws -> Int {
        try alone {
            let tables = try open()
            let mark = try begin(tables, onProgress)
            if !mark.isDone {
                try tables.copy { onProgress(.copying(table: $0, rows: $1)) }
                try tables.settle()
                try compare(tables, onProgress)
                try source.makeWriter(.durable).transaction { try MoveMark.finish(in: $0) }
            }
            return try letGo(mark)
        }
    }

    /// Gives an unfinished move up: the source is served again, and the target is as new.
    package func abandon() throws {
        try alone {
            guard let mark = try mark(of: source), mark.role == .source, !mark.isDone else { throw MoveError.notMoving }
            if try self.mark(of: target)?.id == mark.id {
                let tables = try TableMove(from: source, to: target)
                try target.makeWriter(.durable).transaction { connection in
                    try tables.abandon(connection)
                    try MoveMark.clear(in: connection)
                }
            }
            try source.makeWriter(.durable).transaction { try MoveMark.clear(in: $0) }
        }
    }

    /// Runs a closure as the one process that moves the source.
    private func alone<Value>(_ body: () throws -> Value) throws -> Value {
        if source.engine == target.engine { throw MoveError.sameEngine }
        let election = try source.makeElection()
        guard try election.tryWin() else { throw StoreError.inUse }
        defer { election.resign() }
        return try body()
    }

    private func mark(of database: Database) throws -> MoveMark? {
        try database.makeWriter(.relaxed).read { try MoveMark.read(in: $0) }
    }

    // MARK: Beginning

    /// Looks whether both ends may be moved from and to, before anything changes.
    private func open() throws -> TableMove {
        let (left, entered) = (try mark(of: source), try mark(of: target))
        switch (left, entered) {
        case (nil, nil):
            try source.checkSchema()
            if try target.schemaVersion() == 0 { try target.migrate() }
            try target.checkSchema()
        case (let left?, nil) where left.role == .source && !left.isDone:
            if try target.schemaVersion() == 0 { try target.migrate() }
            try target.checkSchema()
        case (let left?, let entered?) where left.role == .source && left.id == entered.id: break
        case (_, let entered?): throw MoveError.targetOfAnother(place: entered.place)
        // It says where it was moved to.
        default: try source.checkSchema()
        }
        let tables = try TableMove(from: source, to: target)
        if entered == nil, let used = try target.makeWriter(.relaxed).read({ try tables.usedTable(in: $0) }) {
            throw MoveError.targetUsed(table: used)
        }
        return tables
    }

    /// Marks both ends, unless they are, and frees what the dead held.
    private func begin(_ tables: TableMove, _ onProgress: (Step) -> Void) throws -> MoveMark {
        let mark = try mark(of: source) ?? leave(onProgress)
        if try self.mark(of: target) == nil {
            // Whoever came before the mark is seen now; whoever comes later is refused.
            let writer = try source.makeWriter(.durable)
            if try source.hasLivingOwners() {
                try writer.transaction { try MoveMark.clear(in: $0) }
                throw StoreError.inUse
            }
            try writer.transaction { try Restoration.free($0) }
            let entry = MoveMark(
                id: mark.id, role: .target, place: source.name, begunMilliseconds: mark.begunMilliseconds)
            try target.makeWriter(.durable).transaction { connection in
                try tables.prepare(connection)
                try entry.set(in: connection)
            }
        }
        return mark
    }

    /// Shuts the source, when it is whole and nobody uses it.
    private func leave(_ onProgress: (Step) -> Void) throws -> MoveMark {
        if try source.hasLivingOwners() { throw StoreError.inUse }
        try inspect(onProgress)
        let mark = MoveMark(
            id: newID(), role: .source, place: target.name, begunMilliseconds: clock.now.milliseconds)
        try source.makeWriter(.durable).transaction { try mark.set(in: $0) }
        return mark
    }

    /// Looks for damage that would only be carried on.
    private func inspect(_ onProgress: (Step) -> Void) throws {
        onProgress(.looking("counts"))
        let counts = try source.makeWriter(.relaxed).read { try Invariants.faults(in: $0) }
        if !counts.isEmpty { throw MoveError.sourceDamaged(counts) }
        guard source.engine == .sqlite else { return }
        let inspection = try Inspection(of: source)
        onProgress(.looking("pages and references"))
        if case .faults(let faults) = try inspection.structure() { throw MoveError.sourceDamaged(faults) }
        if case .faults(let faults) = try inspection.blobs(onProgress: { onProgress(.looking("content, \($0) blobs")) })
        {
            throw MoveError.sourceDamaged(faults)
        }
    }

    // MARK: Ending

    private func compare(_ tables: TableMove, _ onProgress: (Step) -> Void) throws {
        var faults = try tables.blobFaults { onProgress(.comparing("checksums of \($0) blobs")) }
        faults += try tables.differences { onProgress(.comparing("rows of \($0)")) }
        onProgress(.comparing("counts"))
        faults += try tables.look { try Invariants.faults(in: $0) }
        if !faults.isEmpty { throw MoveError.differs(faults) }
    }

    /// Opens the target to all.
    ///
    /// Uploads that broke get the time back that the move took.
    private func letGo(_ mark: MoveMark) throws -> Int {
        let pause = max(0, clock.now.milliseconds - mark.begunMilliseconds)
        return try target.makeWriter(.durable).transaction { connection in
            try connection.run(
                "UPDATE input SET idle_until_ms = idle_until_ms + ? WHERE idle_until_ms IS NOT NULL", .integer(pause))
            try TableMove.removeProgress(in: connection)
            try MoveMark.clear(in: connection)
            return try connection.first("SELECT count(*) FROM task") { $0.int(0) } ?? 0
        }
    }
}
