import Core
import Store
import TestSupport
import Testing

@testable import Queue

/// Uploads that come after their task, in several requests, by several processes.
@Suite struct UploadConformance {
    typealias Engine = QueueHarness.Engine

    private func resume(
        _ request: Submissions.Request, at offset: Int, by owner: Owner, in queue: QueueHarness
    ) async throws -> Submissions.Receiving {
        try await queue.submissions.resume(
            queue.task(request.draft.id), as: request, at: offset, receiver: owner
        ).receiving
    }

    @Test(arguments: Engine.allCases)
    func `an upload begins later, goes on after a pause and ends whole`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, worker) = (try queue.makeOwner(.api), try queue.makeWorker())
        let request = queue.uploadRequest()
        try await queue.submissions.open(later: request)
        #expect(try queue.task(request.draft.id).task.input == .receiving)
        #expect(try queue.invariantFaults() == [])

        let first = try await resume(request, at: 0, by: owner, in: queue)
        let known = StoredInput(mediaType: "text/csv", options: "[]", resumption: "{}", header: [1, 2])
        try await queue.submissions.append([QueueHarness.chunk([1, 2])], to: first, input: known)
        try await queue.submissions.pause(first)
        try worker.drain()
        #expect(try queue.results(request.draft.id) == [2, 4])
        #expect(try queue.invariantFaults() == [])

        let again = try await queue.submissions.resume(
            queue.task(request.draft.id), as: request, at: 5, receiver: owner)
        #expect(again.input == known)
        #expect(again.offset == 5)
        #expect(again.rows == 2)
        try await queue.submissions.append([QueueHarness.chunk([3])], to: again.receiving)
        try await queue.submissions.seal(again.receiving, tailBytes: 2)
        try worker.drain()
        let ended = try queue.task(request.draft.id).task
        #expect(ended.status == .completed)
        #expect(ended.inputBytes == 12)
        #expect(try queue.results(request.draft.id) == [2, 4, 6])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `who was taken over from can do nothing more to the upload`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let owner = try queue.makeOwner(.api)
        let request = queue.uploadRequest()
        try await queue.submissions.open(later: request)
        let first = try await resume(request, at: 0, by: owner, in: queue)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: first)
        // The same process, as when a caller's second connection comes before its first is known to be dead.
        let second = try await resume(request, at: 5, by: owner, in: queue)

        let stale = StoredInput(options: "stale")
        await #expect(throws: QueueError.notReceiving) {
            try await queue.submissions.append([QueueHarness.chunk([9])], to: first, input: stale)
        }
        await #expect(throws: QueueError.notReceiving) {
            try await queue.submissions.append([], to: first, input: stale)
        }
        await #expect(throws: QueueError.notReceiving) {
            try await queue.submissions.seal(first, input: stale, tailBytes: 7, fingerprint: nil)
        }
        try await queue.submissions.pause(first)
        try await queue.submissions.abandon(first, because: .uploadIncomplete)
        let task = try queue.task(request.draft.id)
        #expect(task.task.inputBytes == 5)
        #expect(task.task.rows.total == 1)
        #expect(try queue.tasks.input(of: task)?.options == "[]")
        #expect(try queue.count(of: "payload", request.draft.id) == 1)

        try await queue.submissions.append([QueueHarness.chunk([2])], to: second)
        try await queue.submissions.seal(second)
        try queue.makeWorker().drain()
        #expect(try queue.results(request.draft.id) == [2, 4])
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `of an append and a takeover at the same time, the offset tells who came first`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, other) = (try queue.makeOwner(.api), try queue.makeOwner(.api))
        for _ in 0..<8 {
            let request = queue.uploadRequest()
            try await queue.submissions.open(later: request)
            let first = try await resume(request, at: 0, by: owner, in: queue)
            let submissions = queue.submissions
            async let appended: Void = submissions.append([QueueHarness.chunk([1])], to: first)
            let stored = try queue.task(request.draft.id)
            async let taken = submissions.resume(stored, as: request, at: 0, receiver: other)
            let isAppended: Bool
            do {
                try await appended
                isAppended = true
            } catch QueueError.notReceiving { isAppended = false }
            do {
                let resumed = try await taken
                #expect(!isAppended)
                #expect(resumed.offset == 0)
            } catch QueueError.wrongOffset(let stored) {
                #expect(isAppended)
                #expect(stored == 5)
            }
            #expect(try queue.task(request.draft.id).task.inputBytes == (isAppended ? 5 : 0))
            #expect(try queue.invariantFaults() == [])
        }
    }

    @Test(arguments: Engine.allCases)
    func `a wrong offset is told and takes nothing over`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let owner = try queue.makeOwner(.api)
        let request = queue.uploadRequest()
        try await queue.submissions.open(later: request)
        let first = try await resume(request, at: 0, by: owner, in: queue)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: first)
        for wrong in [0, 4, 6] {
            await #expect(throws: QueueError.wrongOffset(stored: 5)) {
                _ = try await resume(request, at: wrong, by: owner, in: queue)
            }
        }
        try await queue.submissions.append([QueueHarness.chunk([2])], to: first)
        #expect(try queue.task(request.draft.id).task.inputBytes == 10)
    }

    /// A stream that came in one request cannot go on in another: nobody keeps how far it was read.
    @Test(arguments: Engine.allCases)
    func `a plain upload cannot be taken over`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let owner = try queue.makeOwner(.api)
        let request = queue.uploadRequest()
        let plain = try await queue.submissions.open(request, receiver: owner)
        await #expect(throws: QueueError.notReceiving) { _ = try await resume(request, at: 0, by: owner, in: queue) }
        try await queue.submissions.append([QueueHarness.chunk([1])], to: plain)
        try await queue.submissions.seal(plain)
        await #expect(throws: QueueError.notReceiving) { _ = try await resume(request, at: 5, by: owner, in: queue) }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `an upload outlives the process that received it, and nobody else's is touched`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var dying: Owner? = try queue.makeOwner(.api)
        let living = try queue.makeOwner(.api)
        let (broken, other) = (queue.uploadRequest(), queue.uploadRequest())
        for request in [broken, other] { try await queue.submissions.open(later: request) }
        let lost = try await resume(broken, at: 0, by: dying!, in: queue)
        let kept = try await resume(other, at: 0, by: living, in: queue)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: lost)
        // Most of the time is over when the process dies: the caller has all of it again.
        queue.clock.advance(by: Limits.uploadIdle - .seconds(1))
        let upkeep = try queue.makeUpkeep()
        dying = nil
        #expect(try upkeep.rescue().map(\.brokenUploads) == [1])
        #expect(try queue.invariantFaults() == [])
        await #expect(throws: QueueError.notReceiving) {
            try await queue.submissions.append([QueueHarness.chunk([9])], to: lost)
        }
        queue.clock.advance(by: .seconds(2))
        try queue.keepHouse(upkeep)
        try await queue.submissions.append([QueueHarness.chunk([7])], to: kept)
        try await queue.submissions.seal(resume(broken, at: 5, by: living, in: queue))
        try queue.makeWorker().drain()
        #expect(try queue.task(broken.draft.id).task.status == .completed)
        #expect(try queue.invariantFaults() == [])
    }

    /// An API process that stopped in order once left the uploads it had not ended to nobody, for ever.
    @Test(arguments: Engine.allCases)
    func `uploads of a process that leaves in order are freed or broken like those of a dead one`(
        engine: Engine
    ) async throws {
        let queue = try QueueHarness(engine)
        let owner = try queue.makeOwner(.api)
        let (resumable, plain) = (queue.uploadRequest(), queue.uploadRequest())
        try await queue.submissions.open(later: resumable)
        _ = try await resume(resumable, at: 0, by: owner, in: queue)
        _ = try await queue.submissions.open(plain, receiver: owner)
        try owner.leave()
        try queue.keepHouse(queue.makeUpkeep())
        #expect(try queue.task(resumable.draft.id).task.input == .receiving)
        #expect(try queue.task(plain.draft.id).task.failure == .uploadIncomplete)
        #expect(try queue.invariantFaults() == [])
        try await queue.submissions.seal(resume(resumable, at: 0, by: queue.makeOwner(.api), in: queue))
    }

    /// A process that hung and was declared dead once took uploads that no keeper would ever have ended.
    @Test(arguments: Engine.allCases)
    func `a process that was declared dead takes no upload`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (hanging, upkeep) = (try queue.makeOwner(.api), try queue.makeUpkeep())
        let later = queue.uploadRequest()
        try await queue.submissions.open(later: later)
        _ = try upkeep.rescue()
        queue.clock.advance(by: QueueHarness.lease)
        #expect(try upkeep.rescue().map(\.owner) == [hanging.key])
        await #expect(throws: QueueError.ownershipLost) {
            _ = try await queue.submissions.open(queue.request(), receiver: hanging)
        }
        await #expect(throws: QueueError.ownershipLost) { _ = try await resume(later, at: 0, by: hanging, in: queue) }
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `an idle upload ends after its time, and not while somebody receives it`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, upkeep) = (try queue.makeOwner(.api), try queue.makeUpkeep())
        let (never, paused, busy) = (queue.uploadRequest(), queue.uploadRequest(), queue.uploadRequest())
        for request in [never, paused, busy] { try await queue.submissions.open(later: request) }
        _ = try await resume(busy, at: 0, by: owner, in: queue)
        let receiving = try await resume(paused, at: 0, by: owner, in: queue)
        queue.clock.advance(by: Limits.uploadIdle - .milliseconds(1))
        try await queue.submissions.pause(receiving)
        try queue.keepHouse(upkeep)
        #expect(try queue.task(never.draft.id).task.status == .pending)

        queue.clock.advance(by: .milliseconds(1))
        try queue.keepHouse(upkeep)
        let ended = try queue.task(never.draft.id).task
        #expect(ended.status == .failed)
        #expect(ended.failure == .uploadIncomplete)
        #expect(ended.input == .broken)
        for request in [paused, busy] { #expect(try queue.task(request.draft.id).task.status == .pending) }

        queue.clock.advance(by: Limits.uploadIdle)
        try queue.keepHouse(upkeep)
        #expect(try queue.task(paused.draft.id).task.status == .failed)
        #expect(try queue.task(busy.draft.id).task.status == .pending)
        #expect(try queue.invariantFaults() == [])
    }

    @Test(arguments: Engine.allCases)
    func `an ended upload takes nothing more, not even what is known of it`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, upkeep) = (try queue.makeOwner(.api), try queue.makeUpkeep())
        let request = queue.uploadRequest()
        try await queue.submissions.open(later: request)
        let receiving = try await resume(request, at: 0, by: owner, in: queue)
        try await queue.submissions.append([QueueHarness.chunk([1, 2])], to: receiving)
        try await queue.submissions.purge(queue.task(request.draft.id))
        try queue.keepHouse(upkeep)
        for chunks in [[], [QueueHarness.chunk([2])]] {
            await #expect(throws: QueueError.notReceiving) {
                try await queue.submissions.append(chunks, to: receiving, input: StoredInput(options: "[]"))
            }
        }
        try await queue.submissions.pause(receiving)
        #expect(try queue.leftovers(request.draft.id) == [:])
        #expect(try queue.invariantFaults() == [])
    }

    // MARK: Keys

    private let print = [UInt8](repeating: 1, count: 32)

    @Test(arguments: Engine.allCases)
    func `a pause keeps the key, and the end of an idle upload frees it`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        let (owner, upkeep) = (try queue.makeOwner(.api), try queue.makeUpkeep())
        var request = queue.uploadRequest()
        request.key = IdempotencyKey("spring", fingerprint: print)
        try await queue.submissions.open(later: request)
        let receiving = try await resume(request, at: 0, by: owner, in: queue)
        try await queue.submissions.append([QueueHarness.chunk([1])], to: receiving)
        try await queue.submissions.pause(receiving)
        var again = queue.uploadRequest()
        again.key = request.key
        let repeated = again
        let replay = await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.open(later: repeated)
        }
        #expect(replay?.task == request.draft.id)
        // The key must not be free because it is old: it was taken for the upload that ends.
        queue.clock.advance(by: Limits.uploadIdle - .seconds(3_600))
        try queue.keepHouse(upkeep)
        #expect(try queue.task(request.draft.id).task.status != .failed)
        queue.clock.advance(by: .seconds(3_600))
        try upkeep.expire()
        #expect(try queue.read { try $0.first("SELECT count(*) FROM idempotency") { $0.int(0) } } == 0)
        try await queue.submissions.open(later: repeated)
    }

    /// Every way in which an upload can end before its end.
    enum BrokenEnd: String, CaseIterable, Sendable { case refused, broken, cancelled, expired, purged, died }

    /// A cancelled upload once left its key "in progress" for a day.
    @Test(arguments: Engine.allCases, BrokenEnd.allCases)
    func `an upload that ends before its end frees its key`(engine: Engine, end: BrokenEnd) async throws {
        let queue = try QueueHarness(engine)
        var owner: Owner? = try queue.makeOwner(.api)
        let upkeep = try queue.makeUpkeep()
        var request = queue.request()
        request.key = IdempotencyKey("spring")
        request.draft.deadline = queue.clock.wall.now + .seconds(60)
        let receiving = try await queue.submissions.open(request, receiver: owner!)
        try await queue.submissions.append([QueueHarness.chunk([1, 2])], to: receiving)
        let stored = try queue.task(request.draft.id)
        switch end {
        case .refused: try await queue.submissions.abandon(receiving, because: .invalidRows)
        case .broken: try await queue.submissions.abandon(receiving, because: .uploadIncomplete)
        case .cancelled: _ = try await queue.submissions.cancel(stored)
        case .purged: try await queue.submissions.purge(stored)
        case .expired: queue.clock.advance(by: .seconds(60))
        case .died: owner = nil
        }
        try queue.keepHouse(upkeep)
        #expect(try queue.task(request.draft.id).task.status.isFinal)
        #expect(try queue.invariantFaults() == [])
        var again = queue.request()
        again.key = IdempotencyKey("spring", fingerprint: print)
        try await queue.submissions.submit(again, chunks: [QueueHarness.chunk([1])])
        // Nor does a later end of the first task take the key from the second.
        try await queue.submissions.purge(stored)
        var third = queue.request()
        third.key = again.key
        let repeated = third
        await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.submit(repeated, chunks: [QueueHarness.chunk([1])])
        }
        withExtendedLifetime(owner) {}
    }

    @Test(arguments: Engine.allCases)
    func `a cancelled task that was whole keeps its key`(engine: Engine) async throws {
        let queue = try QueueHarness(engine)
        var request = queue.request()
        request.key = IdempotencyKey("spring", fingerprint: print)
        let whole = request
        try await queue.submissions.submit(whole, chunks: [QueueHarness.chunk([1, 2])])
        #expect(try await queue.submissions.cancel(queue.task(request.draft.id)))
        try queue.keepHouse(queue.makeUpkeep())
        request.draft.id = queue.request().draft.id
        let again = request
        await #expect(throws: IdempotencyKey.Replay.self) {
            try await queue.submissions.submit(again, chunks: [QueueHarness.chunk([1, 2])])
        }
    }
}
