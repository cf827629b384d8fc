package import Core

/// One database: a file of this machine, or a server's.
///
/// Comes from: the setting `SIBYL_DATABASE`. Goes to: writers, readers and the group commit, one object a process.
package final class Database: Sendable {
    let backend: any DatabaseEngine
    /// Hears what happens here, and in the queue.
    package let onEvent: @Sendable (StoreEvent) -> Void

    /// Opens a database; the schema is looked at later.
    ///
    /// - Parameters:
    ///   - place: the path of a SQLite file, or a URL that begins with `postgres://` or `postgresql://`.
    ///   - watch: sees every statement of this object's connections; nil but in tests.
    ///   - patience: looks in a row in which a process of a server's database must be found gone: a connection that
    ///     breaks looks like a death, and is made anew within a second.
    ///   - vfs: the name of what SQLite reads and writes by; nil, but in tests, for the system's files.
    /// - Throws: ``StoreError`` when the place cannot be used.
    package init(
        path place: String, watch: StatementWatch? = nil, vfs: String? = nil, patience: Int = Limits.absences,
        onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) throws {
        self.onEvent = onEvent
        backend =
            if Self.isServer(place) {
                try PostgresEngine(url: place, watch: watch, patience: patience, onEvent: onEvent)
            } else {
                try SQLiteEngine(path: place, watch: watch, vfs: vfs, onEvent: onEvent)
            }
    }

    private init(_ backend: any DatabaseEngine, onEvent: @escaping @Sendable (StoreEvent) -> Void) {
        self.backend = backend
        self.onEvent = onEvent
    }

    /// The same database, whose statements may take as long as those over whole tables do; for one that nobody serves.
    package var forLongStatements: Database {
        (backend as? PostgresEngine).map { Database(PostgresEngine(longStatementsOf: $0), onEvent: onEvent) } ?? self
    }

    /// Whether a place names a server's database, not a file.
    package static func isServer(_ place: String) -> Bool {
        place.hasPrefix("postgres://") || place.hasPrefix("postgresql://")
    }

    package var engine: Engine { backend.engine }

    /// The database as people may read of it, without secrets.
    package var name: String { backend.name }

    /// Makes a connection that writes; for one thread at a time.
    package func makeWriter(_ durability: Writer.Durability) throws -> Writer {
        Writer(try backend.makeLane(durability))
    }

    /// Makes a pool of connections that read.
    package func makeReaders() -> Readers { Readers(database: self) }

    /// Creates the schema, or brings it up to date.
    ///
    /// - Returns: the versions of the migrations that ran; empty when there was nothing to do.
    @discardableResult
    package func migrate() throws -> [Int] { try backend.migrate() }

    /// Checks that this program can work with the schema.
    ///
    /// - Throws: ``StoreError/notMigrated`` or ``StoreError/schemaMismatch(found:supported:)``.
    package func checkSchema() throws { try Schema.check(backend.schemaVersion()) }

    /// The schema's version as it is stored; 0 for an empty database.
    package func schemaVersion() throws -> Int { try backend.schemaVersion() }

    // MARK: Space

    /// Bytes of disk that are free for what is to be stored; nil where only the server knows.
    package var freeDiskBytes: Int64? { backend.freeDiskBytes }

    /// The write-ahead log, where it is ours to keep small.
    package var log: LogState { backend.log }

    /// Keeps the log and the space small, where that is ours to do.
    package func makeLogKeeper() throws -> any LogKeeping { try backend.makeLogKeeper() }

    // MARK: Processes

    /// Says that a process lives, until it ends or lets go.
    package func present(_ boot: String) throws -> any Presence { try backend.present(boot) }

    /// Whether a process is known to have ended.
    package func isGone(_ boot: String) throws -> Bool { try backend.isGone(boot) }

    /// Forgets a process that has ended.
    package func forget(_ boot: String) { backend.forget(boot) }

    /// Whether a process gives no sign of life in this moment; one that a server's processes lost may come back.
    package func isAbsent(_ boot: String) throws -> Bool { try backend.isAbsent(boot) }

    /// Stands for the one process that moves the database.
    package func makeElection() throws -> any Election { try backend.makeElection() }

    /// The way by which processes ring at each other's doors.
    package func makeBells(_ clock: SteadyClock) throws -> any Bells { try backend.makeBells(clock) }
}

extension Connection {
    /// Checks that this program can work with the schema as it is now.
    ///
    /// - Throws: ``StoreError/notMigrated`` or ``StoreError/schemaMismatch(found:supported:)``.
    package func checkSchema() throws {
        try Schema.check(engine == .sqlite ? Schema.version(of: self) : PostgresSchema.version(of: self))
    }
}
