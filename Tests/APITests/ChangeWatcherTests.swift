import Core
import Operations
import Store
import TestSupport
import Testing

@testable import API

@Suite struct ChangeWatcherTests {
    private struct Unreachable: Error {}

    /// Whoever followed a task waited on for as long as the database could not be read, however short the time was that they
    /// had asked for.
    @Test func `a follower's time ends while the database cannot be read`() async throws {
        let (clock, folder) = (ManualClock(), TemporaryFolder())
        let watch = StatementWatch(
            before: { sql, _ in if sql.contains("FROM task LEFT JOIN input") { throw Unreachable() } },
            after: { _, _ in })
        let database = try Database(path: folder.path + "/watch.db", watch: watch)
        try database.migrate()
        let changes = ChangeWatcher(
            tasks: TaskStore(readers: database.makeReaders(), models: ModelRegistry()), clock: clock.steady,
            logger: Logger(level: .error, now: { "" }), limit: 4)
        let thread = ServiceThread(name: "changes") { changes.run(until: $0) }
        var generator = SeededGenerator(seed: 1)
        let id = TaskID(at: clock.wall.now, using: &generator)
        let followed = Task { try await changes.change(of: id, past: 0, within: .seconds(5)) }
        let moving = Task {
            while !Task.isCancelled {
                clock.advance(by: .milliseconds(100))
                await Task.yield()
            }
        }
        #expect(try await followed.value == nil)
        moving.cancel()
        thread.stop()
        await thread.joined()
    }
}
