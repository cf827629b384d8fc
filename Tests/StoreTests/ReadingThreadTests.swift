import Core
import Testing

@testable import Store

@Suite struct ReadingThreadTests {
    @Test func `reads run on the thread, and their errors come back`() async throws {
        let reading = ReadingThread()
        let thread = ServiceThread(name: "reading") { reading.run(until: $0) }
        #expect(try await reading.read { 42 } == 42)
        await #expect(throws: StoreError.corruptBlob) { try await reading.read { throw StoreError.corruptBlob } }
        thread.stop()
        await thread.joined()
        await #expect(throws: StoreError.closed) { try await reading.read { 1 } }
    }

    @Test func `a stopping thread serves what waits`() async throws {
        let reading = ReadingThread()
        let answers = (0..<10).map { number in Task { try await reading.read { number } } }
        while reading.waitingCount < 10 { await Task.yield() }
        let thread = ServiceThread(name: "reading") { reading.run(until: $0) }
        thread.stop()
        for (number, answer) in answers.enumerated() { #expect(try await answer.value == number) }
        await thread.joined()
    }
}
