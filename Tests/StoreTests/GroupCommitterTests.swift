import Core
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct GroupCommitterTests {
    private let folder = TemporaryFolder()

    private func makeDatabase() throws -> Database {
        let database = try Database(path: folder.path + "/group.db")
        try database.makeWriter(.durable).transaction { try $0.execute(script: "CREATE TABLE note (text TEXT UNIQUE)") }
        return database
    }

    private func notes(_ database: Database) throws -> [String] {
        try database.makeReaders().read { try $0.all("SELECT text FROM note ORDER BY rowid") { $0.text(0) } }
    }

    @Test func `writes that wait together share one commit and all are answered`() async throws {
        let database = try makeDatabase()
        let groups = Mutex<[Int]>([])
        let committer = GroupCommitter(database: database) { size in groups.withLock { $0.append(size) } }
        // Nobody commits yet, so all of them wait.
        let writes = (0..<20).map { number in
            Task {
                try await committer.write(bytes: 1) { try $0.run("INSERT INTO note VALUES (?)", .text("\(number)")) }
            }
        }
        while committer.waitingCount < 20 { await Task.yield() }
        let thread = run(committer)
        for write in writes { #expect(try await write.value == 1) }
        #expect(groups.withLock { $0 } == [20])
        #expect(try notes(database).count == 20)
        await stop(thread)
    }

    @Test func `a write that fails takes no other with it`() async throws {
        let database = try makeDatabase()
        let committer = GroupCommitter(database: database)
        let writes = ["a", "a", "b"].map { text in
            Task { try await committer.write(bytes: 1) { try $0.run("INSERT INTO note VALUES (?)", .text(text)) } }
        }
        while committer.waitingCount < 3 { await Task.yield() }
        let thread = run(committer)
        var failures = 0
        for write in writes { if case .failure = await write.result { failures += 1 } }
        #expect(failures == 1)
        #expect(Set(try notes(database)) == ["a", "b"])
        await stop(thread)
    }

    @Test func `large writes and small ones alternate`() async throws {
        let database = try makeDatabase()
        let groups = Mutex<[Int]>([])
        let committer = GroupCommitter(database: database) { size in groups.withLock { $0.append(size) } }
        let sizes = [1, 1, 1, Limits.bulkTransactionBytes, Limits.bulkTransactionBytes]
        let writes = sizes.enumerated().map { index, bytes in
            Task {
                try await committer.write(bytes: bytes) { try $0.run("INSERT INTO note VALUES (?)", .text("\(index)")) }
            }
        }
        while committer.waitingCount < sizes.count { await Task.yield() }
        let thread = run(committer)
        for write in writes { _ = try await write.value }
        #expect(groups.withLock { $0 } == [3, 1, 1])
        await stop(thread)
    }

    @Test func `too many waiting writes are refused`() async throws {
        let committer = GroupCommitter(database: try makeDatabase())
        let writes = (0..<Limits.waitingSubmissions).map { _ in Task { try await committer.write(bytes: 1) { _ in } } }
        while committer.waitingCount < Limits.waitingSubmissions { await Task.yield() }
        await #expect(throws: StoreError.tooManyWaiting) { try await committer.write(bytes: 1) { _ in } }
        let thread = run(committer)
        for write in writes { try await write.value }
        await stop(thread)
    }

    @Test func `a stopped committer answers what waits and refuses what comes`() async throws {
        let database = try makeDatabase()
        let committer = GroupCommitter(database: database)
        let write = Task { try await committer.write(bytes: 1) { try $0.run("INSERT INTO note VALUES ('last')") } }
        while committer.waitingCount < 1 { await Task.yield() }
        await stop(run(committer))
        #expect(try await write.value == 1)
        await #expect(throws: StoreError.closed) { try await committer.write(bytes: 1) { _ in } }
    }

    private func run(_ committer: GroupCommitter) -> ServiceThread {
        ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { Issue.record(error) }
        }
    }

    private func stop(_ thread: ServiceThread) async {
        thread.stop()
        await thread.joined()
    }
}
