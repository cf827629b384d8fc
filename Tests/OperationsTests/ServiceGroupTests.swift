import Core
import Operations
import Synchronization
import Testing

private let patience = Duration.seconds(30)

@Suite struct ServiceGroupTests {
    private struct Broken: Error, Equatable { var name = "" }

    /// Keeps what happened, in its order.
    private final class Diary: Sendable {
        private let entries = Mutex<[String]>([])
        var all: [String] { entries.withLock { $0 } }
        func write(_ entry: String) { entries.withLock { $0.append(entry) } }
    }

    private let diary = Diary()
    private let stop = StopSignal()

    private func makeGroup(_ services: [any Service]) -> ServiceGroup {
        ServiceGroup(services, logger: Logger(level: .error, now: { "" }, sink: { _ in }))
    }

    /// A service that runs until it is stopped, and says when.
    private func patient(_ name: String, started: Latch = Latch()) -> any Service {
        TaskService(name) { [diary] stop in
            started.raise()
            await stop.raised()
            diary.write(name)
        }
    }

    @Test(.timeLimit(.minutes(1))) func `services stop one after the other, the last one first`() async throws {
        let started = (0..<3).map { _ in Latch() }
        let group = makeGroup([
            patient("store", started: started[0]),
            ThreadService("queue") { [diary] stop in
                started[1].raise()
                stop.wait(for: patience)
                diary.write("queue")
            },
            patient("server", started: started[2]),
        ])
        async let run: Void = group.run(until: stop)
        for latch in started { await latch.raised() }
        stop.raise()
        try await run
        #expect(diary.all == ["server", "queue", "store"])
    }

    @Test(.timeLimit(.minutes(1))) func `one that fails stops all others and its error is thrown`() async {
        let group = makeGroup([
            patient("first"), ThreadService("broken") { _ in throw Broken(name: "thread") }, patient("last"),
        ])
        await #expect(throws: Broken(name: "thread")) { try await group.run(until: stop) }
        #expect(diary.all == ["last", "first"])
        #expect(stop.isRaised)
    }

    @Test(.timeLimit(.minutes(1))) func `one that ends by itself stops all others without an error`() async throws {
        try await makeGroup([patient("first"), TaskService("short") { _ in }, patient("last")]).run(until: stop)
        #expect(diary.all == ["last", "first"])
    }

    @Test(.timeLimit(.minutes(1))) func `one that fails while it stops is told after all have stopped`() async {
        let group = makeGroup([
            patient("first"),
            TaskService("broken") { stop in
                await stop.raised()
                throw Broken(name: "late")
            },
        ])
        stop.raise()
        await #expect(throws: Broken(name: "late")) { try await group.run(until: stop) }
        #expect(diary.all == ["first"])
    }

    @Test(.timeLimit(.minutes(1))) func `a group that was stopped before it began still ends in order`() async throws {
        stop.raise()
        try await makeGroup([patient("a"), patient("b")]).run(until: stop)
        #expect(diary.all == ["b", "a"])
    }

    @Test(.timeLimit(.minutes(1))) func `a group of none waits to be stopped`() async throws {
        stop.raise()
        try await makeGroup([]).run(until: stop)
    }
}

@Suite struct RestartPolicyTests {
    @Test func `pauses double up to ten seconds and never overflow`() {
        var policy = RestartPolicy()
        let pauses = (0..<100).map { _ in policy.ended(exitCode: 1, after: .milliseconds(10)) }
        let first = [200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000].map {
            RestartPolicy.Action.restart(after: .milliseconds($0))
        }
        #expect(Array(pauses.prefix(8)) == first)
        #expect(pauses.dropFirst(8).allSatisfy { $0 == .restart(after: .seconds(10)) })
    }

    @Test func `one that ran for thirty seconds begins anew`() {
        var policy = RestartPolicy()
        for _ in 0..<5 { _ = policy.ended(exitCode: 139, after: .seconds(29)) }
        #expect(policy.ended(exitCode: 139, after: .seconds(30)) == .restart(after: .milliseconds(200)))
        #expect(policy.ended(exitCode: 139, after: .seconds(1)) == .restart(after: .milliseconds(400)))
    }

    @Test func `one that was started wrongly is not started again, however long it ran`() {
        var policy = RestartPolicy()
        #expect(policy.ended(exitCode: UsageError.exitCode, after: .seconds(100)) == .giveUp)
    }

    @Test func `one that ended well is started again too`() {
        var policy = RestartPolicy()
        #expect(policy.ended(exitCode: 0, after: .zero) == .restart(after: .milliseconds(200)))
    }
}
