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
        connection = try database.open(.readOnly, at: WriteGate(files: database.files))
    }

    /// Looks at every page and index, every rule of the tables, and every reference between them.
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
        var faults: [String] = []
        var count = 0
        for kind in StoredBlob.allCases {
            var last: Int64 = .min
            while let next = try check(kind, after: last, &faults), faults.count < Limits.listedNames {
                last = next
                count += Limits.checkedBlobs
                onProgress(count)
            }
        }
        return faults.isEmpty ? .sound : .faults(faults)
    }

    /// - Returns: the key of the last row that was read; nil when there was none.
    private func check(_ kind: StoredBlob, after key: Int64, _ faults: inout [String]) throws -> Int64? {
        var last: Int64?
        try connection.forEachRow(kind.sql, .integer(key), .integer(Limits.checkedBlobs)) { row in
            last = row.integer(0)
            do {
                try kind.check(row)
            } catch let error as StoreError {
                let chunk = ChunkKey(rawValue: row.integer(0))
                faults.append("\(kind.rawValue) \(kind.place(of: chunk)): \(error.code.rawValue)")
            }
            return faults.count < Limits.listedNames
        }
        return last
    }

    /// Runs a long read, and gives it up when the log has grown too far because of it.
    private func watchingLog(_ body: () throws -> Verdict) throws -> Verdict {
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
