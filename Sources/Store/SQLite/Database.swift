internal import Core

/// One SQLite database: how its connections are opened, and its schema.
///
/// Comes from: the setting `SIBYL_DATABASE`. Goes to: writers, readers and the group commit, one object a process.
package final class Database: Sendable {
    package let files: DatabaseFiles
    private let watch: StatementWatch?
    private let vfs: String?
    /// Hears what happens here, and in the queue.
    package let onEvent: @Sendable (StoreEvent) -> Void

    /// Opens the database, making folders and lock files as needed; the schema is looked at later.
    ///
    /// - Parameters:
    ///   - watch: sees every statement of this object's connections; nil but in tests.
    ///   - vfs: the name of what SQLite reads and writes by; nil, but in tests, for the system's files.
    /// - Throws: ``StoreError`` when the folder cannot be used or lies on a network filesystem.
    package init(
        path: String, watch: StatementWatch? = nil, vfs: String? = nil,
        onEvent: @escaping @Sendable (StoreEvent) -> Void = { _ in }
    ) throws {
        self.watch = watch
        self.vfs = vfs
        self.onEvent = onEvent
        files = DatabaseFiles(path: path)
        try files.makeFolders()
        if let kind = NetworkFilesystem.kind(of: files.folder) { throw StoreError.networkFilesystem(kind: kind) }
    }

    /// Makes a connection that writes, with its own place at the gate; for one thread at a time.
    package func makeWriter(_ durability: Writer.Durability) throws -> Writer {
        try Writer(database: self, durability: durability)
    }

    /// Makes a pool of connections that read.
    package func makeReaders() -> Readers { Readers(database: self) }

    /// Creates the schema, or brings it up to date.
    ///
    /// - Returns: the versions of the migrations that ran; empty when there was nothing to do.
    @discardableResult
    package func migrate() throws -> [Int] {
        let gate = try WriteGate(files: files)
        let connection = try open(.readWrite, at: gate)
        return try Schema.migrate(connection, at: gate)
    }

    /// Checks that this program can work with the schema.
    ///
    /// - Throws: ``StoreError/notMigrated`` or ``StoreError/schemaMismatch(found:supported:)``.
    package func checkSchema() throws {
        let connection = try open(.readWrite, at: WriteGate(files: files))
        try Schema.check(connection)
    }

    /// The schema's version as it is on disk; 0 for an empty database.
    package func schemaVersion() throws -> Int {
        try Schema.version(of: open(.readWrite, at: WriteGate(files: files)))
    }

    /// Opens a connection inside the gate, since the first one of all may have to recover the log.
    func open(_ mode: Connection.Mode, at gate: WriteGate) throws -> Connection {
        try gate.enter()
        defer { gate.leave() }
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
        PRAGMA busy_timeout = 1000;
        PRAGMA cache_size = -2048;
        PRAGMA temp_store = MEMORY;
        """
}

extension Database {
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
