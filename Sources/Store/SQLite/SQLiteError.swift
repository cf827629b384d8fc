internal import CSQLite
package import Core

/// An error of SQLite: what was attempted, its result code and its own words.
package struct SQLiteError: CodedError, CustomStringConvertible {
    /// What was attempted, such as `prepare` or `commit`.
    package let operation: String
    /// The extended result code: <https://www.sqlite.org/rescode.html>.
    package let resultCode: Int32
    /// SQLite's message.
    package let reason: String
    /// The statement; nil when there was none.
    package let sql: String?

    package var code: ErrorCode { isBusy ? .storageBusy : .storageFailed }

    package var message: String {
        switch resultCode & 0xFF {
        case SQLITE_FULL: "The disk that holds the database is full; free some space and try again."
        case SQLITE_BUSY, SQLITE_LOCKED: "The database is busy; try again in a moment."
        case SQLITE_CORRUPT, SQLITE_NOTADB: "The database is damaged; stop the service and restore a backup."
        case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM: "The database cannot be written; check its permissions."
        default: "The database failed (\(operation), code \(resultCode)); `sibyl doctor` tells more."
        }
    }

    package var description: String {
        "SQLite \(operation) failed with \(resultCode): \(reason)" + (sql.map { " in: \($0)" } ?? "")
    }

    /// Whether the file's content is at fault.
    package var isDamage: Bool {
        resultCode & 0xFF == SQLITE_CORRUPT || resultCode & 0xFF == SQLITE_NOTADB
    }

    /// Whether the next attempt may succeed: a lock, a full disk, a disk or memory that failed for a moment.
    ///
    /// Damage, a broken rule, a wrong statement and missing rights stay. Of the errors of the disk three say that what was
    /// read is damaged.
    var isPassing: Bool {
        switch resultCode & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL, SQLITE_NOMEM, SQLITE_INTERRUPT, SQLITE_PROTOCOL: true
        case SQLITE_IOERR: !Self.damagedReads.contains(resultCode)
        default: false
        }
    }

    /// SQLITE_IOERR_SHORT_READ, SQLITE_IOERR_DATA and SQLITE_IOERR_CORRUPTFS, which are macros that Swift does not see.
    private static let damagedReads = [2, 32, 33].map { SQLITE_IOERR | $0 << 8 }

    /// Whether another program held a lock.
    ///
    /// Only tools that bypass the write gate can cause it.
    var isBusy: Bool { resultCode & 0xFF == SQLITE_BUSY || resultCode & 0xFF == SQLITE_LOCKED }
}
