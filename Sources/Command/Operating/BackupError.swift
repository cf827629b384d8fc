internal import Core
internal import Store

/// Why a backup could not be made or used.
enum BackupError: CodedError, Equatable {
    /// A file lies where one was to be written.
    case exists(path: String)
    /// A file could not be read or written.
    case fileUnusable(path: String, reason: String)
    /// The disk has too little room, in bytes.
    case noRoom(needed: Int, free: Int64)
    /// The file does not end as a backup does.
    case cutShort
    /// The file holds other bytes than were written.
    case damaged(reason: String)
    /// The database that was to be saved is damaged.
    case databaseDamaged(reason: String)
    /// A newer program wrote the file.
    case newerFormat(Int)
    /// A model's file on this machine has another content than the backup's.
    case modelDiffers(path: String)

    /// The database is a server's, which has tools of its own.
    case serversOwn(remedy: String)

    /// - Parameter remedy: what does the same for a server's database.
    static func refuseServer(_ place: String, remedy: String) throws {
        if Database.isServer(place) { throw BackupError.serversOwn(remedy: remedy) }
    }

    /// Checks that a file fits its disk, and leaves what a service needs.
    static func checkRoom(for bytes: Int, at path: String) throws {
        let (needed, free) = (bytes + Int(Limits.freeDiskBytes), DatabaseFiles(path: path).freeDiskBytes)
        if free < needed { throw BackupError.noRoom(needed: needed, free: free) }
    }

    var code: ErrorCode {
        switch self {
        // A person must say something else.
        case .exists, .modelDiffers, .serversOwn: .configurationInvalid
        case .fileUnusable, .noRoom, .cutShort, .damaged, .databaseDamaged, .newerFormat: .storageFailed
        }
    }

    var message: String {
        switch self {
        case .exists(let path): "\(path) is there already; name another file, or say --force."
        case .serversOwn(let remedy): "The database is a PostgreSQL server's: \(remedy)"
        case .fileUnusable(let path, let reason): "\(path) cannot be used (\(reason))."
        case .noRoom(let needed, let free):
            "The disk has \(free >> 20) MiB free, and \(needed >> 20) are needed; free some, or name another disk."
        case .cutShort: "This is no backup of Sibyl, or its end is missing; take another one."
        case .damaged(let reason): "The backup is damaged (\(reason)); take another one. Nothing was changed."
        case .databaseDamaged(let reason):
            "The database is damaged (\(reason)), and no backup was kept; stop the service and restore an earlier one."
        case .newerFormat(let format): "The backup has format \(format), which a newer program wrote; update this one."
        case .modelDiffers(let path):
            "\(path) differs from the backup's; say --force to replace it, or name another folder with --models."
        }
    }
}
