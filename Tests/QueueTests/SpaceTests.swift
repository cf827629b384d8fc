import Core
import Glibc
import Store
import TestSupport
import Testing

@testable import Queue

/// Space on disk: what is deleted is given back, and what comes and goes does not pile up.
@Suite struct SpaceTests {
    private func fileBytes(_ queue: QueueHarness) -> Int {
        var status = stat()
        return stat(queue.database.files.path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// Rows that no compression makes small, a chunk of about 1 MB each with its records.
    private func chunks(_ count: Int, seed: UInt64) -> [IncomingChunk] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in
            let words = (0..<64 << 10).map { _ in generator.next() }
            let bytes = words.withUnsafeBytes { Array($0) }
            let rows = Rows(count: 128 << 10, columns: [.float([Float](repeating: 1, count: 128 << 10))])
            let lengths = [UInt32](repeating: UInt32(bytes.count / rows.count), count: rows.count)
            return IncomingChunk(rows: rows, bytes: bytes.count, records: Records(bytes: bytes, lengths: lengths))
        }
    }

    /// Submits a task with records, runs it or not, and purges it.
    private func submitAndPurge(_ chunks: [IncomingChunk], isRun: Bool, in queue: QueueHarness) async throws {
        var request = queue.uploadRequest()
        request.draft.kept = .records
        let receiving = try await queue.submissions.open(request, receiver: queue.makeOwner(.api))
        for chunk in chunks { try await queue.submissions.append([chunk], to: receiving) }
        try await queue.submissions.seal(receiving)
        let worker = try queue.makeWorker()
        if isRun { try worker.drain() }
        try await queue.submissions.purge(queue.task(request.draft.id))
    }

    @Test func `the file is as small as before when a large task was purged`() async throws {
        let queue = try QueueHarness(.sqlite)
        let upkeep = try queue.makeUpkeep()
        try await queue.submit([[1]])
        #expect(try upkeep.checkpoint(isIdle: true) == false)
        let before = fileBytes(queue)
        try await submitAndPurge(chunks(20, seed: 1), isRun: true, in: queue)
        _ = try upkeep.checkpoint(isIdle: true)
        #expect(fileBytes(queue) > 20 << 20)
        try queue.keepHouse(upkeep)
        // 20 MB are some 5,000 pages, of which each step gives back a bounded number.
        var steps = 0
        while try queue.read({ try $0.first("PRAGMA freelist_count") { $0.int(0) } ?? 0 }) > 0, steps < 100 {
            try upkeep.releaseSpace(isIdle: true)
            steps += 1
        }
        #expect(steps > 5)
        #expect(try upkeep.checkpoint(isIdle: true) == false)
        #expect(queue.database.files.logBytes == 0)
        #expect(fileBytes(queue) < before + 256 << 10)
        #expect(try queue.database.check() == nil)
        #expect(try queue.invariantFaults() == [])
    }

    @Test func `twenty tasks that come and go take the space of one`() async throws {
        let queue = try QueueHarness(.sqlite)
        let upkeep = try queue.makeUpkeep()
        var sizes: [Int] = []
        let chunks = chunks(2, seed: 2)
        for round in 0..<20 {
            try await submitAndPurge(chunks, isRun: round.isMultiple(of: 2), in: queue)
            try queue.keepHouse(upkeep)
            try upkeep.releaseSpace(isIdle: false)
            _ = try upkeep.checkpoint(isIdle: false)
            _ = try upkeep.checkpoint(isIdle: true)
            sizes.append(fileBytes(queue))
        }
        #expect(try #require(sizes.max()) < 2 * sizes[1])
        #expect(sizes[19] <= sizes[9] + 256 << 10, "\(sizes)")
        #expect(try queue.read { try $0.first("SELECT count(*) FROM record") { $0.int(0) } } == 0)
    }
}
