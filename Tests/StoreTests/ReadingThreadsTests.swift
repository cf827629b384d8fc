import Core
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct ReadingThreadsTests {
    private let clock = ManualClock()

    private final class Count: Sendable {
        private let number = Mutex(0)
        var value: Int { number.withLock { $0 } }
        func add() { number.withLock { $0 += 1 } }
    }

    @Test func `reads run on the thread, and their errors come back`() async throws {
        let reading = ReadingThreads(clock: clock.steady)
        let thread = ServiceThread(name: "reading") { reading.run(until: $0) }
        #expect(try await reading.read { 42 } == 42)
        await #expect(throws: StoreError.corruptBlob) { try await reading.read { throw StoreError.corruptBlob } }
        thread.stop()
        await thread.joined()
        await #expect(throws: StoreError.closed) { try await reading.read { 1 } }
    }

    /// One thread served all reads of a process: a list that looked at a million tasks held up every page and long poll.
    @Test func `a slow read holds up no other, and long ones leave half of the threads`() async throws {
        let reading = ReadingThreads(clock: clock.steady, count: 4)
        let threads = (0..<4).map { _ in ServiceThread(name: "reading") { reading.run(until: $0) } }
        let begun = Count()
        let released = Latch()
        let long = (0..<6).map { number in
            Task {
                try await reading.read(.long) {
                    begun.add()
                    released.wait(for: .seconds(30))
                    return number
                }
            }
        }
        while begun.value < 2 || reading.waitingCount < 4 { await Task.yield() }
        let slow = Task {
            try await reading.read {
                begun.add()
                released.wait(for: .seconds(30))
            }
        }
        while begun.value < 3 { await Task.yield() }
        for number in 0..<100 { #expect(try await reading.read { number } == number) }
        #expect(begun.value == 3)
        released.raise()
        for (number, read) in long.enumerated() { #expect(try await read.value == number) }
        try await slow.value
        for thread in threads { thread.stop() }
        for thread in threads { await thread.joined() }
    }

    @Test func `a read for which no thread is free in time is refused`() async throws {
        let reading = ReadingThreads(clock: clock.steady, count: 1)
        let late = Task { try await reading.read { 1 } }
        while reading.waitingCount < 1 { await Task.yield() }
        clock.advance(by: Limits.readWait + .milliseconds(1))
        let timely = Task { try await reading.read { 2 } }
        while reading.waitingCount < 2 { await Task.yield() }
        let thread = ServiceThread(name: "reading") { reading.run(until: $0) }
        await #expect(throws: StoreError.readOverdue) { try await late.value }
        #expect(try await timely.value == 2)
        thread.stop()
        await thread.joined()
    }

    @Test func `a stopping thread serves what waits`() async throws {
        let reading = ReadingThreads(clock: clock.steady)
        let answers = (0..<10).map { number in Task { try await reading.read { number } } }
        while reading.waitingCount < 10 { await Task.yield() }
        let thread = ServiceThread(name: "reading") { reading.run(until: $0) }
        thread.stop()
        for (number, answer) in answers.enumerated() { #expect(try await answer.value == number) }
        await thread.joined()
    }
}
