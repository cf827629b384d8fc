import Core
import Queue
import Testing

@testable import API

/// Chunks between the scanner and the one who writes them.
@Suite struct WaitingChunksTests {
    private let waiting = WaitingChunks()

    private func add(_ rows: Int, bytes: Int = 100) {
        waiting.add(IncomingChunk(rows: Rows(count: rows, columns: []), bytes: bytes), bytes: bytes, input: nil)
    }

    private func next() -> [Int]? { waiting.next()?.chunks.map(\.rows.count) }

    @Test func `chunks that come while others are written go together, in order, with the next commit`() {
        #expect(!waiting.begin())
        add(1)
        #expect(waiting.begin())
        #expect(next() == [1])
        add(2)
        add(3)
        // There is one who writes.
        #expect(!waiting.begin())
        #expect(next() == [2, 3])
        #expect(next() == nil)
        add(4)
        #expect(waiting.begin())
        #expect(next() == [4])
    }

    @Test func `after chunks that could not be written none is`() {
        add(1)
        #expect(waiting.begin())
        #expect(next() == [1])
        add(2)
        waiting.giveUp()
        #expect(waiting.hasFailed)
        #expect(!waiting.begin())
        add(3)
        #expect(!waiting.begin())
    }

    @Test func `the scanner goes on at once while there is room, or nobody writes`() async {
        add(1)
        await waiting.waitForRoom()
        add(2, bytes: Limits.smallSubmissionBytes)
        #expect(waiting.isFull)
        await waiting.waitForRoom()
        #expect(waiting.begin())
        #expect(next() == [1, 2])
        #expect(!waiting.isFull)
        for _ in 0..<Limits.appendedChunks { add(1, bytes: 1) }
        #expect(waiting.isFull)
    }

    @Test(arguments: [false, true])
    func `the scanner waits while as much waits as may, until it is taken or given up`(fails: Bool) async {
        add(1)
        #expect(waiting.begin())
        #expect(next() == [1])
        add(2, bytes: Limits.smallSubmissionBytes)
        async let scanner: Void = waiting.waitForRoom()
        while !waiting.isAwaited { await Task.yield() }
        if fails { waiting.giveUp() } else { #expect(next() == [2]) }
        await scanner
        #expect(!waiting.isAwaited)
    }
}
