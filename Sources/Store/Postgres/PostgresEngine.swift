internal import Core
internal import Synchronization

/// A database of a PostgreSQL server, for any number of machines.
///
/// Its tables stand in the schema that the connection's `search_path` names, and in `sibyl` where it names none. All
/// names of locks and channels carry the schema's name, so that several may live in one database.
final class PostgresEngine: DatabaseEngine {
    let engine = Engine.postgres
    private let url: String
    private let watch: StatementWatch?
    let onEvent: @Sendable (StoreEvent) -> Void
    /// In how many looks in a row a process's lock was free.
    private let absences = Mutex<[String: Int]>([:])
    private let probe = Mutex<Lent?>(nil)

    private struct Lent: @unchecked Sendable {  // @unchecked because the mutex hands it to one thread at a time
        let connection: Connection
    }

    private let patience: Int
    /// How long a statement may take.
    private let statementTime: Duration

    /// - Throws: ``StoreError/urlUnreadable(reason:)``; the server is not asked yet.
    init(url: String, watch: StatementWatch?, patience: Int, onEvent: @escaping @Sendable (StoreEvent) -> Void) throws {
        try PostgresURL.check(url)
        statementTime = Limits.statementTime
        self.url = url
        self.patience = patience
        self.watch = watch
        self.onEvent = onEvent
    }

    /// The same database, for statements over whole tables.
    init(longStatementsOf engine: PostgresEngine) {
        statementTime = Limits.longStatementTime
        url = engine.url
        patience = engine.patience
        watch = engine.watch
        onEvent = engine.onEvent
    }

    /// The URL without a password, and without one in which something special was not escaped.
    var name: String {
        url.replacing(/:\/\/([^:@\/]*):(?:[^?]*|[^@\/]*)@/) { "://\($0.output.1)@" }
            .replacing(/password=[^&\s]*/, with: "password=…")
    }
    let freeDiskBytes: Int64? = nil
    let log = LogState()

    func connect() throws -> Connection {
        do {
            return Connection(try PostgresSession(url: url, statementTime: statementTime), watch: watch)
        } catch let error as PostgresError {
            throw PostgresURL.slip(in: error.reason).map(StoreError.urlUnreadable) ?? error
        }
    }

    func makeLane(_ durability: Writer.Durability) throws -> any WritingLane {
        try PostgresLane(self, durability: durability)
    }

    func makeReader() throws -> Connection { try connect() }
    func makeLogKeeper() throws -> any LogKeeping { ServersOwnLog() }
    /// An index over a large table takes longer than what requests wait for.
    func migrate() throws -> [Int] { try PostgresSchema.migrate(PostgresEngine(longStatementsOf: self).connect()) }
    func schemaVersion() throws -> Int { try PostgresSchema.version(of: connect()) }

    // MARK: Processes

    func present(_ boot: String) throws -> any Presence {
        let lock = PostgresLock(self, name: "owner:" + boot)
        guard try lock.take() else { throw StoreError.gateUnusable(reason: "another process has the same name") }
        return lock
    }

    /// Whether nobody has held a process's lock for some looks: a connection that broke is made anew meanwhile.
    func isGone(_ boot: String) throws -> Bool {
        let isFree = try isAbsent(boot)
        return absences.withLock { absences in
            absences[boot] = isFree ? absences[boot, default: 0] + 1 : nil
            return absences[boot, default: 0] >= patience
        }
    }

    func isAbsent(_ boot: String) throws -> Bool {
        try withProbe { connection in
            try connection.first(
                "SELECT pg_try_advisory_xact_lock(\(PostgresLock.key))", .text("owner:" + boot)
            ) { $0.int(0) != 0 } ?? false
        }
    }

    private func withProbe<Value>(_ body: (Connection) throws -> Value) throws -> Value {
        try probe.withLock { lent in
            if lent?.connection.session.isLost ?? true { lent = Lent(connection: try connect()) }
            return try body(lent!.connection)
        }
    }

    func forget(_ boot: String) { absences.withLock { $0[boot] = nil } }
    func makeElection() throws -> any Election { PostgresElection(self) }
    func makeBells(_ clock: SteadyClock) throws -> any Bells { PostgresBells(self) }
}

/// What only a server's database has.
extension Database {
    /// The server's version, what of its settings puts at risk what was promised, and whether it writes details of errors,
    /// which may be values of rows, into its own log.
    package func serverState() throws -> (version: String, risk: String?, logsDetails: Bool) {
        let state = try makeReaders().read { connection in
            try connection.first(
                """
                SELECT current_setting('server_version'), current_setting('fsync'), current_setting('full_page_writes'),
                    current_setting('synchronous_commit'), current_setting('log_error_verbosity')
                """
            ) {
                (
                    version: $0.text(0), verbosity: $0.text(4),
                    settings: [
                        ("fsync", $0.text(1)), ("full_page_writes", $0.text(2)),
                        ("synchronous_commit", $0.text(3)),
                    ]
                )
            }
        }
        guard let state else { throw StoreError.notMigrated }
        let off = state.settings.filter { $0.1 == "off" }.map(\.0)
        return (state.version, off.isEmpty ? nil : off.joined(separator: ", "), state.verbosity != "terse")
    }
}

/// The server keeps its log and its space by itself.
private final class ServersOwnLog: LogKeeping {
    func checkpointIfNeeded(isIdle: Bool) throws -> Bool { false }
    func releaseFreePages(isIdle: Bool) throws {}
}
