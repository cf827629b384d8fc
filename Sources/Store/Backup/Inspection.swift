internal import CSQLite
internal import Core

/// Looks at a database from page to page and from blob to blob, while others may go on using it.
package final class Inspection {
    /// What a look found.
    package enum Verdict: Sendable, Equatable {
        case sound
        /// The first faults, in words.
        case faults([String])
        /// The log grew too far meanwhile, so that the look was given up.
        case unfinished
    }

    private let database: Database
    private let connection: Connection

    package init(of database: Database) throws {
        self.database = database
        guard database.engine == .postgres else {
            connection = try database.open(.readOnly, at: WriteGate(files: database.files))
            return
        }
        connection = try database.backend.makeReader()
        // A large database takes longer than any request may.
        try connection.allowLongStatements()
        try connection.execute(script: "SET idle_in_transaction_session_timeout = 0")
    }

    /// Looks at every page and index, every rule of the tables, and every reference between them; for SQLite alone: a
    /// server has tools of its own for it.
    package func structure() throws -> Verdict {
        try watchingLog {
            let faults = try connection.all("PRAGMA integrity_check(\(Limits.listedNames))") { $0.text(0) }
            if faults != ["ok"] { return .faults(faults) }
            var orphans: [String] = []
            try connection.forEachRow("PRAGMA foreign_key_check") { row in
                orphans.append("row \(row.int(1)) of \(row.text(0)) refers to what is not in \(row.text(2))")
                return orphans.count < Limits.listedNames
            }
            return orphans.isEmpty ? .sound : .faults(orphans)
        }
    }

    /// Asks for faults of the tables' content, on one unchanging state.
    package func content(_ faults: (Connection) throws -> [String]) throws -> Verdict {
        try watchingLog {
            let found = try connection.readTransaction(faults)
            return found.isEmpty ? .sound : .faults(found)
        }
    }

    /// Reads everything that was stored with a checksum, one blob at a time, in short transactions.
    ///
    /// - Parameter onProgress: told of the number that was read.
    package func blobs(onProgress: (Int) -> Void) throws -> Verdict {
        let faults = try StoredBlob.faults(in: connection, onProgress: onProgress)
        return faults.isEmpty ? .sound : .faults(faults)
    }

    /// Runs a long read, and gives it up when the log has grown too far because of it.
    private func watchingLog(_ body: () throws -> Verdict) throws -> Verdict {
        // A server's log does not grow because of those who read.
        if database.engine == .postgres { return try body() }
        let (handle, files) = (Handle(pointer: connection.handle), database.files)
        let watch = ServiceThread(name: "log-watch") { stop in
            while !stop.wait(for: Limits.uploadPoll) {
                if files.logBytes > Limits.copyLogBytes { sqlite3_interrupt(handle.pointer) }
            }
        }
        defer {
            watch.stop()
            watch.join()
        }
        do {
            return try body()
        } catch let error as SQLiteError where error.resultCode & 0xFF == SQLITE_INTERRUPT {
            return .unfinished
        } catch let error as SQLiteError where error.isDamage {
            return .faults([error.reason])
        }
    }

    private struct Handle: @unchecked Sendable {  // @unchecked because sqlite3_interrupt may be called by any thread
        let pointer: OpaquePointer
    }
}
