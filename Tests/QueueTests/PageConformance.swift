import Core
import Store
import Synchronization
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// Reads that must stay bounded, however much is stored.
@Suite struct PageConformance {
    typealias Engine = QueueHarness.Engine

    /// Statements that were run, of those that a test watches.
    private final class Seen: Sendable {
        private let texts = Mutex<[String]>([])
        var watch: StatementWatch {
            StatementWatch(
                before: { [self] sql, _ in texts.withLock { $0.append(sql) } }, after: { _, _ in })
        }

        /// The statements of a closure that read or write rows.
        func during(_ body: () throws -> Void) rethrows -> [String] {
            texts.withLock { $0 = [] }
            try body()
            return texts.withLock { texts in texts.filter { $0.hasPrefix("SELECT") || $0.hasPrefix("UPDATE") } }
        }
    }

    private static func large(_ number: Int, bytes: Int) -> IncomingChunk {
        var generator = SeededGenerator(seed: UInt64(number))
        // Noise, which no compression makes small.
        let record = (0..<bytes / 8).flatMap { _ in withUnsafeBytes(of: generator.next()) { Array($0) } }
        return IncomingChunk(
            rows: QueueHarness.rows([Float(number)]), bytes: bytes,
            records: Records(bytes: record, lengths: [UInt32(record.count)]))
    }

    private func submit(_ chunks: [IncomingChunk], to queue: QueueHarness) async throws -> StoredTask {
        var request = queue.uploadRequest()
        request.draft.kept = .records
        let sent = request
        try await queue.submissions.submit(sent, chunks: chunks)
        try queue.makeWorker().drain()
        return try queue.task(request.draft.id)
    }

    /// A page was bounded by its rows alone: 4,096 records of a MiB were in memory at once, and a server sent all rows that
    /// followed with each page.
    @Test(arguments: Engine.allCases)
    func `a page ends when its records are large, and the next one goes on there`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let task = try await submit((0..<20).map { Self.large($0, bytes: 1 << 20) }, to: queue)
        var (place, rows, pages) = (ResultPlace.start, [Int](), 0)
        while true {
            let page = try queue.tasks.results(of: task, from: place, limit: 4_096, withRecords: true)
            if page.parts.isEmpty { break }
            let bytes = page.parts.reduce(0) { $0 + ($1.records?.bytes.count ?? 0) }
            #expect(bytes <= Limits.pageBytes + 1 << 20)
            #expect(page.isCut == (page.next.position < 20))
            rows += page.parts.map(\.firstRow)
            place = page.next
            pages += 1
        }
        #expect(rows == Array(0..<20))
        #expect(pages == 3)
    }

    /// Stored bytes say little: these records take a thousandth of what they are in memory.
    @Test(arguments: Engine.allCases)
    func `a page of records that were stored small is bounded by what they are in memory`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let chunks = (0..<20).map { number in
            let record = [UInt8](repeating: UInt8(ascii: "a") + UInt8(number), count: 1 << 20)
            return IncomingChunk(
                rows: QueueHarness.rows([Float(number)]), bytes: record.count,
                records: Records(bytes: record, lengths: [UInt32(record.count)]))
        }
        let task = try await submit(chunks, to: queue)
        let page = try queue.tasks.results(of: task, from: .start, limit: 4_096, withRecords: true)
        #expect(page.parts.count == 8 && page.isCut)
        let rest = try queue.tasks.results(of: task, from: page.next, limit: 4_096, withRecords: true)
        #expect(rest.parts.first?.records?.bytes.first == UInt8(ascii: "a") + 8)
    }

    @Test(arguments: Engine.allCases)
    func `a page is read by two statements, with its records`(engine: Engine) async throws {
        let seen = Seen()
        let queue = try QueueHarness(engine, watch: seen.watch)
        let task = try await submit((0..<40).map { QueueHarness.chunkWithRecords([Float($0), 1]) }, to: queue)
        let statements = try seen.during {
            let page = try queue.tasks.results(of: task, from: .start, limit: 60, withRecords: true)
            #expect(page.parts.count == 30)
            #expect(page.parts.allSatisfy { $0.records?.count == 2 })
        }
        #expect(statements.filter { !$0.contains("set_config") }.count == 2, "\(statements)")
    }

    /// Each page once read all that followed it: the tenth of a task cost a server as much as the whole.
    @Test(arguments: Engine.allCases)
    func `a page reads the chunks that it shows and no more`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let id = try await queue.submit((0..<200).map { [Float($0), Float($0)] })
        try queue.makeWorker().drain()
        for limit in [1, 3, 64, 129, 130, 1_000] {
            #expect(try queue.results(id, pageRows: limit) == (0..<200).flatMap { [Float($0 * 2), Float($0 * 2)] })
        }
        let task = try queue.task(id)
        let page = try queue.tasks.results(of: task, from: ResultPlace(position: 10, row: 1), limit: 2)
        #expect(page.parts.map(\.rows) == [1..<2, 0..<1])
        #expect(page.next == ResultPlace(position: 11, row: 1) && !page.isCut)
    }

    @Test(arguments: Engine.allCases)
    func `a list of tasks is one statement, and so are those that somebody follows`(engine: Engine) async throws {
        let seen = Seen()
        let queue = try QueueHarness(engine, watch: seen.watch)
        var ids: [TaskID] = []
        for number in 0..<70 {
            ids.append(try await queue.submit([[Float(number)]]))
            queue.clock.advance(by: .milliseconds(1))
        }
        _ = try queue.task(ids[0])
        let lists = try seen.during {
            let page = try queue.tasks.list(owner: "local", TaskFilter(), limit: 50)
            #expect(page.tasks.map(\.task.id) == Array(ids.reversed().prefix(50)))
        }
        #expect(lists.count == 1, "\(lists)")
        let looks = try seen.during {
            let found = try queue.tasks.tasks(Set(ids))
            #expect(found.count == 70)
        }
        #expect(looks.count == 2, "\(looks)")
        let few = try seen.during {
            let found = try queue.tasks.finished(among: Array(ids.prefix(3)))
            #expect(found.isEmpty)
        }
        #expect(few.count == 1, "\(few)")
    }

    /// A filter that few tasks pass once walked all that an owner ever had.
    @Test(arguments: Engine.allCases)
    func `a list with a rare filter looks at a bounded number of tasks and goes on from there`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.draft.name = "rare"
        let named = request
        try await queue.submissions.submit(named, chunks: [QueueHarness.chunk([1])])
        let count = Limits.lookedTasks + 100
        let generated =
            engine == .sqlite
            ? """
            WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < ?1)
            INSERT INTO task (key, id, model, priority, status, input_state, input_bytes, rows, succeeded, chunks,
                created_ms, completed_ms, swept_ms)
            SELECT 1000000 + n, CAST(printf('~%015d', n) AS BLOB), 1, 'normal', 'completed', 'complete', 0, 1, 1, 1, 1, 1, 1
            FROM number
            """
            : """
            INSERT INTO task (key, id, model, priority, status, input_state, input_bytes, rows, succeeded, chunks,
                created_ms, completed_ms, swept_ms)
            SELECT 1000000 + n, convert_to('~' || lpad(n::text, 15, '0'), 'UTF8'), 1, 'normal', 'completed', 'complete',
                0, 1, 1, 1, 1, 1, 1
            FROM generate_series(1, ?1) AS n
            """
        try queue.database.makeWriter(.relaxed).transaction { try $0.run(generated, .integer(count)) }
        let first = try queue.tasks.list(owner: "local", TaskFilter(name: "rare"), limit: 5)
        #expect(first.tasks.isEmpty)
        let next = try #require(first.next)
        let second = try queue.tasks.list(owner: "local", TaskFilter(name: "rare", before: next), limit: 5)
        #expect(second.tasks.map(\.task.id) == [request.draft.id])
        #expect(second.next == nil)
        // Without a filter every page is full.
        #expect(try queue.tasks.list(owner: "local", TaskFilter(), limit: 1_000).tasks.count == 1_000)
    }

    /// A claim locked 256 chunks and took some: of eight workers at a long queue of large chunks six found nothing.
    @Test func `a claim on a server locks the chunks that it takes`() async throws {
        let free = Mutex<[Int]>([])
        let url = try PostgresServer.shared.get().newURL()
        let other = try Database(path: url)
        let watch = StatementWatch(
            before: { _, _ in },
            after: { sql, _ in
                guard sql.contains("FROM chunk"), sql.contains("FOR UPDATE") else { return }
                let left = try other.makeWriter(.relaxed).transaction(reaching: .own) { connection in
                    try connection.all("SELECT key FROM chunk WHERE state = 'ready' FOR UPDATE SKIP LOCKED") {
                        $0.integer(0)
                    }.count
                }
                free.withLock { $0.append(left) }
            })
        let queue = try QueueHarness(.postgres, at: url, watch: watch)
        try await queue.submit((0..<50).map { [Float](repeating: Float($0), count: 100) })
        let claim = try #require(try queue.makeWorker().claim(upToRows: 250))
        #expect(claim.chunks.count == 2)
        #expect(free.withLock { $0 } == [48])
    }
}
