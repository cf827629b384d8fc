import Testing

@testable import Store

/// Which errors of a database may be gone at the next attempt.
@Suite struct PassingErrorTests {
    /// Busy, locked, out of memory, interrupted, full, a lock protocol that failed; reading, writing and flushing a disk.
    static let passingCodes: [Int32] = [
        5, 261, 517, 6, 7, 9, 13, 15, 10, 266, 778, 1034, 3082,
    ]
    /// A read that ends early, a page whose checksum is wrong, a filesystem that says it is damaged; damage, no database, a
    /// broken rule, another type, a changed schema, a wrong statement, misuse, missing rights, a file that cannot be opened.
    static let lastingCodes: [Int32] = [
        522, 8202, 8458, 11, 267, 26, 19, 787, 2067, 20, 17, 1, 21, 25, 3, 8, 14,
    ]
    /// No answer, a lost connection, no room, a server that stops, a transaction undone for another's sake, a lock that did
    /// not come, a server that is a standby for now, a transaction that stood still, a disk that failed.
    static let passingStates: [String] = [
        "", "08006", "08001", "53100", "53300", "57P01", "57P03", "57014", "40001", "40P01", "55P03", "25006", "25P03",
        "58030",
    ]
    /// Broken rules, names that are not there, missing rights, values that do not fit, damage, refused logins.
    static let lastingStates: [String] = [
        "23505", "23514", "42P01", "42703", "42501", "22P02", "22003", "XX000", "XX001", "XX002", "28P01", "3D000",
        "0A000", "54000", "55000", "58P01",
    ]

    /// Any error of an engine once counted as passing: a worker on a damaged file tried again for ever, with its leases.
    @Test(arguments: passingCodes) func `an error of SQLite may pass`(code: Int32) {
        let error = SQLiteError(operation: "step", resultCode: code, reason: "", sql: nil)
        #expect(StoreError.isPassing(error))
    }

    @Test(arguments: lastingCodes) func `an error of SQLite stays`(code: Int32) {
        let error = SQLiteError(operation: "step", resultCode: code, reason: "", sql: nil)
        #expect(!StoreError.isPassing(error))
    }

    @Test(arguments: passingStates) func `an error of PostgreSQL may pass`(state: String) {
        let error = PostgresError(operation: "execute", state: state, reason: "", sql: nil)
        #expect(StoreError.isPassing(error))
    }

    @Test(arguments: lastingStates) func `an error of PostgreSQL stays`(state: String) {
        let error = PostgresError(operation: "execute", state: state, reason: "", sql: nil)
        #expect(!StoreError.isPassing(error))
    }

    @Test func `of the store's own errors those pass that wait for others`() {
        let passing: [StoreError] = [.gateTimeout(holder: nil, isStopped: false), .tooManyWaiting, .readOverdue]
        for error in passing { #expect(StoreError.isPassing(error)) }
        for error in [StoreError.closed, .corruptBlob, .databaseGone, .notMigrated, .unknownFormat(9)] {
            #expect(!StoreError.isPassing(error))
        }
    }
}
