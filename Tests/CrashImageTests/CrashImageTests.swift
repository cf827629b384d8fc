import Core
import Foundation
import Queue
import Store
import Synchronization
import Testing

/// The power goes at any moment: what callers were told stays true.
@Suite(.serialized) struct CrashImageTests {
    private static let isLong = ProcessInfo.processInfo.environment["SIBYL_SOAK"] == "1"
    /// Each run has several hundred transactions.
    private static let seeds: [UInt64] = isLong ? Array(1...10) : [1, 2]
    private static let imagesOfSeed = isLong ? 100 : 25

    @Test(arguments: seeds)
    func `after a power loss every promise made before is kept and nothing is doubled`(seed: UInt64) async throws {
        let workload = try Workload(seed: seed)
        defer { workload.trace.clear() }
        try await workload.run(steps: 400)
        let order = CheckpointOrder(workload.trace.events)
        #expect(order.earlyPages == 0, "a page came before the log that holds it")
        #expect(order.earlyResets == 0, "the log went before its pages were on disk")
        // A run that never came to these has not shown them.
        #expect(order.restarts > order.truncations + 1 && order.truncations > 0 && order.shrinks > 0, "\(order)")
        let failures = try CrashImages(workload: workload, seed: seed).check(Self.imagesOfSeed)
        for failure in failures { Issue.record("\(failure)") }
    }

    /// The keeper once ended tasks in commits that a power loss may undo: an end that callers had seen came back as a
    /// task that still stops, whose rows a worker could then score.
    @Test func `a task that was seen at its end stays there`() async throws {
        let workload = try Workload(seed: 5)
        defer { workload.trace.clear() }
        try await workload.submit([1, 2], key: nil)
        try await workload.stopOne()
        try workload.keepQueue()
        let images = CrashImages(workload: workload, seed: 5)
        #expect(try images.faultsOfFlushed(at: workload.trace.position) == [])
    }

    /// Both may end a task, in a commit that once was flushed after others could see it: a caller who asked in between was
    /// told of an end that a power cut took back.
    @Test(arguments: [true, false])
    func `an upload that ends is on disk before anybody sees its end`(isSealed: Bool) async throws {
        let workload = try Workload(seed: 6)
        defer { workload.trace.clear() }
        let (task, upload) = try await workload.openScored()
        let isSeenEarly = Mutex(false)
        workload.trace.beforeFlush { [tasks = workload.service.tasks, id = workload.ledger.all[task].draft.id] in
            do {
                if try tasks.task(id, owner: "local")?.task.status.isFinal == true {
                    isSeenEarly.withLock { $0 = true }
                }
            } catch { fatalError("\(error)") }
        }
        if isSealed {
            try await workload.service.submissions.seal(upload)
        } else {
            try await workload.service.submissions.abandon(upload, because: .uploadIncomplete)
        }
        workload.trace.beforeFlush(nil)
        let stored = try #require(try workload.service.tasks.task(workload.ledger.all[task].draft.id, owner: "local"))
        #expect(stored.task.status == (isSealed ? .completed : .failed))
        #expect(!isSeenEarly.withLock { $0 })
    }

    /// A check that nothing can fail proves nothing.
    ///
    /// A log that was not flushed loses commits; a database that was not flushed loses what a checkpoint took from the log.
    @Test(arguments: ["-wal", ".db"])
    func `a disk that lies about its flushes is found out`(file: String) async throws {
        let workload = try Workload(seed: 3, lie: file)
        defer { workload.trace.clear() }
        try await workload.run(steps: 100)
        #expect(try CrashImages(workload: workload, seed: 3).isAnyWrong(of: 20))
    }

    @Test func `an answer given before its commit is found out`() async throws {
        let workload = try Workload(seed: 4, isEarly: true)
        defer { workload.trace.clear() }
        try await workload.run(steps: 60)
        #expect(try CrashImages(workload: workload, seed: 4).isAnyWrong(of: 40))
    }
}
