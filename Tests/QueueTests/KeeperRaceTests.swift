import Core
import Glibc
import TestSupport
import Testing

@testable import Queue
@testable import Store

/// The keeper looks outside the gate and acts inside it; what changed between the two must count.
@Suite struct KeeperRaceTests {
    @Test func `an upload that is taken up while the keeper waits for its turn is not ended`() async throws {
        let queue = try QueueHarness(.sqlite)
        let request = queue.uploadRequest()
        try await queue.submissions.open(later: request)
        let task = try queue.task(request.draft.id)
        let owner = try queue.makeOwner(.api)
        queue.clock.advance(by: Limits.uploadIdle)
        let database = queue.database
        let handed = Handed(upkeep: try queue.makeUpkeep())
        let turn = try LockFile(path: database.files.turn)
        let keeper = try database.makeWriter(.relaxed).transaction { connection in
            #expect(try TaskTable.receive(task.key, as: TaskTable.firstToken(of: owner.key) + 1, in: connection))
            let keeper = ServiceThread(name: "keeper") { _ in
                do { try handed.upkeep.expire() } catch { Issue.record(error) }
            }
            // The keeper has looked, and found the upload idle, when it stands at the turnstile.
            while try turn.tryLock() {
                turn.unlock()
                sched_yield()
            }
            return keeper
        }
        keeper.join()
        #expect(try queue.task(request.draft.id).task.input == .receiving)
        #expect(try queue.invariantFaults() == [])
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the keeper's thread uses it
        let upkeep: Upkeep
    }
}
