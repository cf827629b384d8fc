package import Core

/// Errors of the store that are not SQLite's own.
package enum StoreError: CodedError, Equatable {
    /// The database's folder cannot be made or written.
    case folderUnusable(reason: String)
    /// The database's URL is no URL, or a value in it means nothing.
    case urlUnreadable(reason: String)
    /// The database lies on a filesystem whose locks cannot be trusted.
    case networkFilesystem(kind: String)
    /// No turn at the write gate within the bound.
    case gateTimeout(holder: Int32?, isStopped: Bool)
    /// The lock files could not be opened or locked.
    case gateUnusable(reason: String)
    /// The doorbell's socket could not be made.
    case doorbellUnusable(reason: String)
    /// As many submissions wait for a commit as may.
    case tooManyWaiting
    /// The database answers too slowly for all that want to read it.
    case readOverdue
    /// The process is stopping and takes no more writes.
    case closed
    /// The database file is empty or not there, and its log is.
    case databaseGone
    /// The database's schema is outside what this program can work with.
    case schemaMismatch(found: Int, supported: ClosedRange<Int>)
    /// The database has no schema yet.
    case notMigrated
    /// The log outgrew its bound in every attempt to copy the database.
    case copyOutrun
    /// Processes work with the database that was to be replaced.
    case inUse
    /// The database is being moved to another.
    case moving(to: String)
    /// The database was moved to another, which has gone on since.
    case moved(to: String)
    /// Not all of another database has come in yet.
    case arriving(from: String)
    /// A table has no key to go by, or a column of a type that only one engine has.
    case tableNotMovable(String)
    /// Stored bytes fail their checksum, or end early.
    case corruptBlob
    /// The stored bytes have a format that this program does not know.
    case unknownFormat(UInt8)

    /// Whether an error may be gone at the next attempt: a full disk, a gate that did not open, a lost connection.
    ///
    /// Damage, a broken rule of a table or a missing table stay what they are: to try again would only hold leases.
    package static func isPassing(_ error: any Error) -> Bool {
        switch error {
        case StoreError.gateTimeout, StoreError.tooManyWaiting, StoreError.readOverdue: true
        case let error as SQLiteError: error.isPassing
        case let error as PostgresError: error.isPassing
        default: false
        }
    }

    package var code: ErrorCode {
        switch self {
        case .urlUnreadable: .configurationInvalid
        case .gateTimeout, .copyOutrun, .inUse, .readOverdue: .storageBusy
        case .tooManyWaiting: .queueFull
        case .closed: .shuttingDown
        case .corruptBlob, .unknownFormat: .corruptPayload
        case .folderUnusable, .networkFilesystem, .doorbellUnusable, .gateUnusable, .databaseGone, .schemaMismatch,
            .notMigrated, .moving, .moved, .arriving, .tableNotMovable:
            .storageFailed
        }
    }

    package var message: String {
        switch self {
        case .folderUnusable(let reason):
            "The database's folder cannot be used (\(reason)); name another with --database."
        case .urlUnreadable(let reason):
            "The database's URL cannot be read (\(reason)); correct SIBYL_DATABASE, and write what is special in it as %XX."
        case .networkFilesystem(let kind):
            "The database lies on a network filesystem (\(kind)), whose locks cannot be trusted; use a local disk."
        case .gateTimeout(let holder, let isStopped):
            "No turn at the write gate in time"
                + (holder.map { "; process \($0) holds it" + (isStopped ? " and is stopped: continue or end it" : "") }
                    ?? "") + ". Try again in a moment."
        case .gateUnusable(let reason): "The write gate's lock files cannot be used (\(reason))."
        case .doorbellUnusable(let reason): "The doorbell's socket cannot be made (\(reason))."
        case .tooManyWaiting: "Too many submissions wait to be written; try again in a moment."
        case .readOverdue: "The database answers too slowly; try again in a moment."
        case .closed: "The service is stopping; try again in a moment."
        case .schemaMismatch(let found, let supported):
            "The database has schema \(found) and this program needs \(supported.lowerBound) to "
                + "\(supported.upperBound); " + (found < supported.lowerBound ? "run `sibyl migrate`." : "update it.")
        case .databaseGone:
            "The database file is empty or gone while its log is there; bring the file back, or restore a backup."
        case .notMigrated: "The database has no schema yet; run `sibyl migrate`."
        case .copyOutrun:
            "The database changes faster than it can be read; try again when fewer rows come in, or with the backup on a "
                + "faster disk."
        case .inUse: "The database is in use; stop the service first."
        case .moving(let place):
            "The database is being moved to \(place); end the move with `sibyl migrate --from … --to …`, or give it up with "
                + "--abandon."
        case .moved(let place): "The database was moved to \(place); name that one with --database."
        case .arriving(let place):
            "The database is the target of a move from \(place) that has not ended; run `sibyl migrate --from … --to …` again."
        case .tableNotMovable(let name):
            "The table `\(name)` cannot be moved: it has no primary key of numbers and texts, or a column of a type that "
                + "only one engine has. Remove it if it is not the service's own."
        case .corruptBlob: "Stored data fails its checksum; `sibyl doctor` tells more."
        case .unknownFormat(let format): "Stored data has the unknown format \(format); update this program."
        }
    }
}
