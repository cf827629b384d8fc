internal import CSQLite
internal import Core
internal import Glibc

/// Copies a database that others go on using into a file, as it was at one moment.
///
/// SQLite's own copying begins again whenever another process writes (<https://www.sqlite.org/backup.html>), so the
/// source stays in one read transaction. That takes no turn at the write gate, but keeps the log from being cut; so
/// the copy ends when the log has grown too far, and is made again once the log had its chance to be cut.
struct DatabaseCopy {
    private let database: Database
    private let path: String
    private let logLimit: Int

    /// - Parameter logLimit: the bytes of the log at which the copy is given up and made again.
    init(of database: Database, at path: String, logLimit: Int = Limits.copyLogBytes) {
        self.database = database
        self.path = path
        self.logLimit = logLimit
    }

    /// Makes the copy, which is not on disk for certain yet.
    ///
    /// - Parameter onProgress: told of the share that is done, 0 to 1.
    /// - Throws: ``StoreError/copyOutrun`` when every attempt was overtaken by the log; ``SQLiteError``.
    func make(onProgress: (Double) -> Void) throws {
        for attempt in 1...Limits.copyAttempts {
            if try copy(onProgress) { return }
            if attempt < Limits.copyAttempts { waitForLog() }
        }
        throw StoreError.copyOutrun
    }

    /// - Returns: false when the log outgrew its bound.
    private func copy(_ onProgress: (Double) -> Void) throws -> Bool {
        let source = try database.open(.readOnly, at: WriteGate(files: database.files))
        // Half a copy is no database.
        unlink(path)
        let target = try Connection(path: path, mode: .readWrite)
        try target.execute(script: "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
        return try source.readTransaction { source in
            // The first read chooses the moment.
            _ = try source.first("SELECT count(*) FROM sqlite_schema") { $0.int(0) }
            return try Self.copyPages(from: source, to: target) { done in
                onProgress(done)
                return database.files.logBytes <= logLimit
            }
        }
    }

    private static func copyPages(
        from source: Connection, to target: Connection, while goesOn: (Double) -> Bool
    ) throws -> Bool {
        guard let backup = sqlite3_backup_init(target.handle, "main", source.handle, "main") else {
            throw target.sqlite.error(sqlite3_errcode(target.handle), "copy", nil)
        }
        var code = SQLITE_OK
        var isWanted = true
        while code == SQLITE_OK, isWanted {
            code = sqlite3_backup_step(backup, Int32(Limits.copiedPages))
            let pages = max(1, Double(sqlite3_backup_pagecount(backup)))
            isWanted = goesOn(1 - Double(sqlite3_backup_remaining(backup)) / pages)
        }
        let outcome = sqlite3_backup_finish(backup)
        if code == SQLITE_DONE { return true }
        if code != SQLITE_OK { throw target.sqlite.error(outcome == SQLITE_OK ? code : outcome, "copy", nil) }
        return false
    }

    /// Gives the keeper time to cut the log; a bounded wait.
    private func waitForLog() {
        let pause = Signal()
        for _ in 0..<Limits.copyPauses where database.files.logBytes > Limits.logBytes {
            pause.wait(for: Limits.uploadPoll)
        }
    }
}
