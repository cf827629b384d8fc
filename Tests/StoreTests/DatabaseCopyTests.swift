import TestSupport
import Testing

@testable import Store

/// Copies of a database that others write to.
@Suite struct DatabaseCopyTests {
    private let folder = TemporaryFolder()

    /// A database of 10 MB, more than is copied between two looks at the log.
    private func largeDatabase() throws -> Database {
        let database = try Database(path: folder.path + "/live.db")
        try database.migrate()
        try database.makeWriter(.relaxed).transaction { connection in
            for number in 0..<2_000 {
                try connection.run(
                    "INSERT INTO payload VALUES (?, ?)", .integer(number), .blob([UInt8](repeating: 1, count: 5_000)))
            }
        }
        return database
    }

    @Test func `a copy is the database of one moment, whatever is written meanwhile`() throws {
        let database = try largeDatabase()
        let writer = try database.makeWriter(.relaxed)
        var looks = 0
        try DatabaseCopy(of: database, at: folder.path + "/copy.db").make { _ in
            looks += 1
            // One row fewer and one row more: a copy of two moments would have both, or neither.
            do {
                try writer.transaction { connection in
                    try connection.run("UPDATE payload SET body = x'02', chunk = chunk + 10000 WHERE chunk < 1000")
                }
            } catch {
                Issue.record(error)
            }
        }
        #expect(looks > 2)
        let copy = try Archive(path: folder.path + "/copy.db")
        #expect(try copy.fault() == nil)
        let (rows, bytes) = try copy.read { connection in
            try #require(
                try connection.first("SELECT count(*), sum(length(body)) FROM payload") { ($0.int(0), $0.int(1)) })
        }
        #expect(rows == 2_000)
        #expect(bytes == 10_000_000)
    }

    @Test func `a copy is given up when the log outgrows its bound`() throws {
        let database = try largeDatabase()
        #expect(throws: StoreError.copyOutrun) {
            try DatabaseCopy(of: database, at: folder.path + "/copy.db", logLimit: 0).make { _ in }
        }
    }

    @Test func `a database is not replaced while an owner's lock is held`() throws {
        let database = try Database(path: folder.path + "/live.db")
        try database.migrate()
        let lock = try LockFile(path: database.files.owners + "/00.lock")
        #expect(try lock.tryLock())
        #expect(throws: StoreError.inUse) {
            try database.replace(by: folder.path + "/new.db", keepingOldAs: folder.path + "/old.db")
        }
        lock.unlock()
        #expect(try !database.isInUse())
    }
}
