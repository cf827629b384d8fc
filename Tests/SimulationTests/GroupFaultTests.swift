import Core
import Synchronization
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// Several submissions in one commit, one statement of which fails.
@Suite struct GroupFaultTests {
    /// Holds a committer after a commit until it is told to go on, so that a group gathers meanwhile.
    private final class Barrier: Sendable {
        private let closed = Mutex<(entered: Latch, opened: Latch)?>(nil)

        /// Makes the committer stop after its next commit.
        ///
        /// - Returns: a latch that is raised when it has, and one that lets it go on.
        func close() -> (entered: Latch, opened: Latch) {
            let latches = (entered: Latch(), opened: Latch())
            closed.withLock { $0 = latches }
            return latches
        }

        func pass() {
            let latches = closed.withLock { closed in
                defer { closed = nil }
                return closed
            }
            latches?.entered.raise()
            latches?.opened.wait(for: .seconds(60))
        }
    }

    private static let size = 3

    private struct Broken: Error {}

    @Test(arguments: [Engine.sqlite, .postgres], [FaultPlan.Kind.refused, .undone, .cut])
    func `a fault in a group is healed by running it again, each submission by itself`(
        engine: Engine, kind: FaultPlan.Kind
    ) async throws {
        guard FaultPlan.Kind.all(on: engine).contains(kind) else { return }
        try await run(kind, on: engine, apart: false)
    }

    @Test(arguments: FaultPlan.Kind.all(on: .sqlite))
    func `a fault in one submission of a group hurts no other, and a fault of the commit leaves nothing`(
        kind: FaultPlan.Kind
    ) async throws {
        try await run(kind, on: .sqlite, apart: true)
    }

    @Test(.serialized, arguments: FaultPlan.Kind.all(on: .postgres))
    func `on a server too, a fault in one submission of a group hurts no other`(kind: FaultPlan.Kind) async throws {
        try await run(kind, on: .postgres, apart: true)
    }

    /// - Parameter apart: whether one of the group is broken anyway, so that the others run in savepoints.
    private func run(_ kind: FaultPlan.Kind, on engine: Engine, apart: Bool) async throws {
        let scene = try await Scene(engine)
        let barrier = Barrier()
        let committer = GroupCommitter(database: scene.bench.database) { _ in barrier.pass() }
        let thread = ServiceThread(name: "committer") { stop in
            do { try committer.run(until: stop) } catch { Issue.record(error) }
        }
        let submissions = Submissions(
            database: scene.bench.database, committer: committer, doorbell: scene.bench.doorbell,
            clock: scene.bench.clock.wall, retention: Bench.retention)
        // The connection is opened before anything can fail.
        try await committer.write(bytes: 0) { _ in }
        var point = 0
        while true {
            scene.begin()
            let requests = (0..<Self.size).map { scene.bench.request(key: "\(scene.key) \($0)", body: 1) }
            let latches = barrier.close()
            let first = Task { try await committer.write(bytes: 0) { _ in } }
            await latches.entered.raised()
            let broken = apart ? Task { try await committer.write(bytes: 0) { _ in throw Broken() } } : nil
            while committer.waitingCount < (apart ? 1 : 0) { await Task.yield() }
            let failed = try await submit(requests, scene.numbers, by: submissions, committer) {
                scene.bench.plan.arm(kind, at: point)
                latches.opened.raise()
            }
            let hit = scene.bench.plan.disarm()
            try await first.value
            if case .success? = await broken?.result { Issue.record("a broken write passed") }
            try check(requests, failed, hit, on: scene, apart: apart)
            for request in requests { try await scene.submitAgain(request) }
            #expect(try scene.settle() == [])
            guard let hit else { break }
            point = hit.point + 1
        }
        #expect(point > 0)
        thread.stop()
        await thread.joined()
    }

    /// Lets submissions gather and be committed together.
    ///
    /// - Returns: for each whether it failed.
    private func submit(
        _ requests: [Submissions.Request], _ numbers: [Float], by submissions: Submissions,
        _ committer: GroupCommitter, whenGathered commit: () -> Void
    ) async throws -> [Bool] {
        let waiting = committer.waitingCount
        var writes: [Task<Void, any Error>] = []
        for request in requests {
            writes.append(
                Task { try await submissions.submit(request, chunks: numbers.map { Bench.chunk([$0]) }) })
            while committer.waitingCount < waiting + writes.count { await Task.yield() }
        }
        commit()
        var failed: [Bool] = []
        for write in writes {
            if case .failure = await write.result { failed.append(true) } else { failed.append(false) }
        }
        return failed
    }

    private func check(
        _ requests: [Submissions.Request], _ failed: [Bool], _ hit: FaultPlan.Hit?, on scene: Scene, apart: Bool
    ) throws {
        let place: Comment = "\(hit.map { "\($0.kind) at \($0.sql)" } ?? "no fault")"
        let all = [Bool](repeating: true, count: Self.size)
        let visible = try requests.map { try scene.bench.task($0.draft.id) != nil }
        #expect(try scene.bench.invariantFaults() == [], place)
        if hit?.kind == .uncertain {
            #expect(failed == all && visible == all, place)
            return
        }
        #expect(visible == failed.map { !$0 }, place)
        // Without its end, the savepoint of the broken one would hold the others; it is the first of all.
        let isOfBroken =
            hit.map { $0.sql == "ROLLBACK TO write" || $0.sql == "RELEASE write" && $0.point <= 4 } ?? false
        let isShared = isOfBroken || ["BEGIN IMMEDIATE", "COMMIT", "SAVEPOINT write"].contains(hit?.sql)
        switch hit?.kind {
        case nil: #expect(!failed.contains(true), place)
        case .deadlock: #expect(!failed.contains(true), place)
        case .refused where apart && !isShared: #expect(failed.count { $0 } == 1, place)
        case _ where !apart && !isShared: #expect(!failed.contains(true), place)
        default: #expect(failed == all, place)
        }
    }
}

extension Scene {
    /// Sends a submission once more, as its caller does that got no answer.
    fileprivate func submitAgain(_ first: Submissions.Request) async throws {
        var request = bench.request()
        request.key = first.key
        do {
            try await bench.submissions.submit(request, chunks: numbers.map { Bench.chunk([$0]) })
            expect(request.draft.id, numbers)
        } catch let replay as IdempotencyKey.Replay {
            #expect(replay.task == first.draft.id)
            expect(replay.task, numbers)
        }
    }
}
