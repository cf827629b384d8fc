import Core
import HTTP
import Queue
import Testing

@testable import API
@testable import Store

/// What becomes of a task whose stream broke.
@Suite struct UploadTests {
    private static let outages: [any CodedError] = [
        PostgresError(operation: "commit", state: "", reason: "the server is gone", sql: nil),
        PostgresError(operation: "execute", state: "57P01", reason: "the server stops", sql: nil),
        PostgresError(operation: "execute", state: "40P01", reason: "deadlock", sql: nil),
        SQLiteError(operation: "commit", resultCode: 10, reason: "disk I/O error", sql: nil),
        StoreError.gateTimeout(holder: nil, isStopped: false), StoreError.closed,
    ]

    @Test func `an outage of the database is no limit: the upload is incomplete, or goes on`() {
        for error in Self.outages {
            #expect(Upload.failure(for: error, isResumable: false) == .uploadIncomplete, "\(error)")
            #expect(Upload.failure(for: error, isResumable: true) == nil, "\(error)")
        }
    }

    @Test func `a limit is a limit`() {
        for error in [StoreError.tooManyWaiting as any CodedError, APIError.tooManyUploads] {
            #expect(Upload.failure(for: error, isResumable: false) == .limitReached, "\(error)")
            #expect(Upload.failure(for: error, isResumable: true) == nil, "\(error)")
        }
        #expect(Upload.failure(for: HTTPError.bodyTooLarge(limit: 1), isResumable: true) == .limitReached)
    }
}
