package import Core

/// An error of PostgreSQL, or of the way to it.
package struct PostgresError: CodedError, CustomStringConvertible {
    /// What was attempted, such as `connect` or `execute`.
    package let operation: String
    /// The five characters of the SQL state (<https://www.postgresql.org/docs/15/errcodes-appendix.html>); empty when the
    /// server could not answer.
    package let state: String
    /// The server's or the library's message.
    package let reason: String
    /// The statement; nil when there was none.
    package let sql: String?

    package var code: ErrorCode { isBusy || isUndone ? .storageBusy : .storageFailed }

    package var message: String {
        switch state.prefix(2) {
        case "", "08": "The database server cannot be reached; try again in a moment."
        case "57" where state != "57014": "The database server is stopping or starting; try again in a moment."
        case "28": "The database server refused the login; check SIBYL_DATABASE and the password file (PGPASSFILE)."
        case "3D": "The database server has no such database; create it, or name another with SIBYL_DATABASE."
        case "42" where state == "42501": "The database's user may not do this; grant it the schema."
        case "53" where state == "53100": "The disk of the database server is full; free some space and try again."
        case "53": "The database server has no room for another connection; raise its max_connections."
        case "25" where state == "25006": "The database server takes no writes; name the primary in SIBYL_DATABASE."
        default:
            isBusy || isUndone
                ? "The database is busy; try again in a moment."
                : "The database failed (\(operation), \(state)); `sibyl doctor` tells more."
        }
    }

    package var description: String {
        "PostgreSQL \(operation) failed with \(state): \(reason)" + (sql.map { " in: \($0)" } ?? "")
    }

    /// Whether the transaction was undone for another's sake and may simply run again.
    var isUndone: Bool { state == "40001" || state == "40P01" }

    /// Whether the next attempt may succeed: a connection or a server that comes back, a lock, room on the server.
    ///
    /// Rules that are broken, values that do not fit, names that are not there, refused logins and damage stay.
    var isPassing: Bool {
        switch state.prefix(2) {
        // No answer; connections; undone for another's sake; means; stops and times that ran out.
        case "", "08", "40", "53", "57": true
        default: Self.passingStates.contains(state)
        }
    }

    /// A lock that did not come; a primary that became a standby, until another is one; a transaction that stood still; one
    /// that had failed; a disk of the server that failed.
    private static let passingStates: Set<String> = ["55P03", "25006", "25P02", "25P03", "58030"]

    /// Whether a lock did not come in time.
    private var isBusy: Bool { state == "55P03" || state == "57014" }
}
