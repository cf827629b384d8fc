package import Core

/// Why a move could not begin or end.
package enum MoveError: CodedError, Equatable {
    /// Both ends have the same engine.
    case sameEngine
    /// The source is damaged; nothing was changed.
    case sourceDamaged([String])
    /// The target holds something.
    case targetUsed(table: String)
    /// The target holds a part of another move.
    case targetOfAnother(place: String)
    /// The target has not what the source has; the source is still the one that counts.
    case differs([String])
    /// There is nothing to give up.
    case notMoving

    package var code: ErrorCode {
        switch self {
        case .sameEngine, .targetUsed, .targetOfAnother, .notMoving: .configurationInvalid
        case .sourceDamaged, .differs: .storageFailed
        }
    }

    package var message: String {
        switch self {
        case .sameEngine:
            "A move leads from a SQLite file to PostgreSQL, or back; use `sibyl backup`, or the server's own tools."
        case .sourceDamaged(let faults):
            "The database is damaged (\(faults.joined(separator: "; "))); delete such tasks or restore a backup, and move "
                + "again. Nothing was changed."
        case .targetUsed(let table):
            "The target is not empty (its table \(table) has rows); name an empty database or schema with --to."
        case .targetOfAnother(let place):
            "The target holds a part of another move, from \(place); end that one, or name another target with --to."
        case .differs(let faults):
            "The target differs from the source (\(faults.joined(separator: "; "))); nothing was switched. Give the move up "
                + "with --abandon and begin it again."
        case .notMoving: "There is no unfinished move from there; nothing was changed."
        }
    }
}
