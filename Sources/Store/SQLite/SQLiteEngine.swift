internal import Core
internal import Synchronization

/// One SQLite database: how its connections are opened, its schema, and the files beside it by which processes agree.
final class SQLiteEngine: DatabaseEngine {
    let engine = Engine.sqlite
    let files: DatabaseFiles
    private let watch: StatementWatch?
    private let vfs: String?
    let onEvent: @Sendable (StoreEvent) -> Void
    /// The last look at the disk.
    private let freeDisk = Mutex<(bytes: Int64, at: Duration)?>(nil)

    /// Makes folders and lock files as needed.
    init(
        path: String, watch: StatementWatch?, vfs: String?, onEvent: @escaping @Sendable (StoreEvent) -> Void
    ) throws {
        self.watch = watch
        self.vfs = vfs
        self.onEvent = onEvent
        files = DatabaseFiles(path: path)
        try files.makeFolders()
        if let kind = NetworkFilesystem.kind(of: files.folder) { throw StoreError.networkFilesystem(kind: kind) }
    }

    var name: String { files.path }
    var freeDiskBytes: Int64? {
        let now = GateAlarm.now
        return freeDisk.withLock { look in
            if let look, now - look.at < Limits.freeDiskAge { return look.bytes }
            let bytes = files.freeDiskBytes
            look = (bytes, now)
            return bytes
        }
    }
    var log: LogState { files.logState }

    func makeLane(_ durability: Writer.Durability) throws -> any WritingLane {
        try SQLiteLane(self, durability: durability)
    }

    func makeReader() throws -> Connection { try open(.readOnly, at: WriteGate(files: files)) }
    func makeLogKeeper() throws -> any LogKeeping { try Checkpointer(engine: self) }

    func migrate() throws -> [Int] {
        let gate = try WriteGate(files: files)
        let connection = try open(.readWrite, at: gate)
        return try Schema.migrate(connection, at: gate)
    }

    func schemaVersion() throws -> Int {
        try Schema.version(of: open(.readWrite, at: WriteGate(files: files)))
    }

    // MARK: Processes

    func present(_ boot: String) throws -> any Presence { try LockFilePresence(path: files.owner(boot)) }
    func isGone(_ boot: String) throws -> Bool { try LockFile.isFree(at: files.owner(boot)) }
    func isAbsent(_ boot: String) throws -> Bool { try isGone(boot) }
    func forget(_ boot: String) { LockFile.remove(at: files.owner(boot)) }
    /// The kernel frees the file when its holder dies, and not before.
    func makeElection() throws -> any Election {
        LockFileElection(file: try LockFile(path: files.alone))
    }

    func makeBells(_ clock: SteadyClock) throws -> any Bells { try LocalBells(folder: files.doors, clock: clock) }

    /// Opens a connection inside the gate, since the first one of all may have to recover the log.
    func open(_ mode: Connection.Mode, at gate: WriteGate) throws -> Connection {
        try gate.enter()
        defer { gate.leave() }
        // SQLite would begin a new database and delete the log, which may hold the last commits.
        if files.databaseBytes == 0, files.logBytes > 0 { throw StoreError.databaseGone }
        let connection = try Connection(path: files.path, mode: mode, watch: watch, vfs: vfs)
        try connection.execute(script: mode == .readWrite ? Self.writing : Self.reading)
        // This first read also opens the log.
        let isEmpty = try connection.first("PRAGMA page_count") { $0.int(0) == 0 } ?? true
        if isEmpty, mode == .readWrite { try connection.execute(script: Schema.newDatabase) }
        return connection
    }

    /// `secure_delete=FAST` overwrites deleted content where that costs no extra write.
    ///
    /// The page cache is in KiB.
    private static let writing = """
        PRAGMA wal_autocheckpoint = 0;
        PRAGMA journal_size_limit = \(Limits.logKeptBytes);
        PRAGMA secure_delete = FAST;
        PRAGMA cache_size = -8192;
        PRAGMA temp_store = MEMORY;
        """

    private static let reading = """
        PRAGMA query_only = ON;
        PRAGMA busy_timeout = \(Limits.lockWait.wholeMilliseconds);
        PRAGMA cache_size = -2048;
        PRAGMA temp_store = MEMORY;
        """
}

/// What only a SQLite database has.
extension Database {
    var sqlite: SQLiteEngine { backend as! SQLiteEngine }

    /// The files of a SQLite database.
    package var files: DatabaseFiles { sqlite.files }

    func open(_ mode: Connection.Mode, at gate: WriteGate) throws -> Connection { try sqlite.open(mode, at: gate) }

    /// Looks for damage: every page, every index, every rule of the tables.
    ///
    /// - Returns: the first fault in SQLite's words; nil when there is none.
    package func check() throws -> String? {
        let connection = try open(.readOnly, at: WriteGate(files: files))
        let verdict = try connection.first("PRAGMA integrity_check(1)") { $0.text(0) } ?? "no answer"
        return verdict == "ok" ? nil : verdict
    }

    /// The version of SQLite that is in use, such as `3.40.1`.
    package static var libraryVersion: String { Connection.libraryVersion }

    /// The same as a number: `3040001`.
    package static var libraryVersionNumber: Int { Connection.libraryVersionNumber }
}
