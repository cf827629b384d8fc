internal import Core
internal import Glibc

/// Puts another database in this one's place.
extension Database {
    /// Whether processes work with the database: an owner's lock is held, or that of a move.
    package func isInUse() throws -> Bool {
        let owners = try DatabaseFiles.names(in: files.owners).map { files.owners + "/" + $0 }
        // Opening the move's file must not make it.
        return try (owners + [files.alone]).contains { try LockFile.isHeld(at: $0) }
    }

    /// Replaces the database by a file beside it, which is whole and on disk.
    ///
    /// Nobody can open the database meanwhile: the write gate is held. What was there stays under another name, with
    /// its log, until somebody deletes it.
    ///
    /// - Parameters:
    ///   - file: on the same filesystem.
    ///   - oldName: what the database that was there is called from now on.
    /// - Throws: ``StoreError/inUse``; ``StoreError/folderUnusable(reason:)``.
    package func replace(by file: String, keepingOldAs oldName: String) throws {
        let gate = try WriteGate(files: files)
        try gate.enter()
        defer { gate.leave() }
        if try isInUse() { throw StoreError.inUse }
        // Of a database that is gone the log may be all that is left.
        if files.databaseBytes > 0 { emptyLog() }
        if access(files.path, F_OK) == 0 { try Self.move(files.path, to: oldName) }
        if files.logBytes > 0 { try Self.move(files.log, to: oldName + "-wal") }
        // A log without its database would be taken for the new one's.
        for leftover in [files.log, files.path + "-shm"] where unlink(leftover) != 0 && errno != ENOENT {
            throw Self.failure
        }
        try Self.move(file, to: files.path)
        for path in [files.path, oldName, oldName + "-wal"] { PrivateFile.restrict(path) }
        try Self.synchronize(files.folder)
    }

    /// Moves what the old log holds into the old database, so that it is whole as one file, unless it is damaged.
    private func emptyLog() {
        do {
            let old = try Connection(path: files.path, mode: .readWrite)
            _ = try old.first("PRAGMA wal_checkpoint(TRUNCATE)") { $0.int(0) }
        } catch {
            // A damaged database is a good reason to restore another; it keeps its log beside it.
        }
    }

    private static func move(_ path: String, to target: String) throws {
        if rename(path, target) != 0 { throw failure }
    }

    /// Makes the names of a folder's files last.
    private static func synchronize(_ folder: String) throws {
        let descriptor = Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if descriptor < 0 { throw failure }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw failure }
    }

    private static var failure: StoreError { .folderUnusable(reason: String(cString: strerror(errno))) }
}
