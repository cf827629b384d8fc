import Core
import Glibc
import Synchronization
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

    @Test(arguments: QueueHarness.Engine.allCases)
    func `a process that beat while the keeper stood still after its look is not declared dead`(
        engine: QueueHarness.Engine
    ) throws {
        let standstill = Mutex<(@Sendable () throws -> Void)?>(nil)
        let watch = StatementWatch(
            before: { _, _ in },
            after: { sql, _ in
                guard sql.hasPrefix("SELECT key, boot, beat FROM owner") else { return }
                let happens = standstill.withLock { $0.take() }
                try happens?()
            })
        let queue = try QueueHarness(engine, watch: watch)
        let owner = try queue.makeOwner(.worker)
        let upkeep = try queue.makeUpkeep()
        #expect(try upkeep.rescue() == [])
        standstill.withLock {
            $0 = { [clock = queue.clock, database = queue.database, key = owner.key] in
                clock.advance(by: QueueHarness.lease)
                let isAlive = try database.makeWriter(.relaxed).transaction(reaching: .own) {
                    try OwnerTable.beat(key, in: $0)
                }
                #expect(isAlive)
            }
        }
        #expect(try upkeep.rescue() == [])
        #expect(try queue.read { try OwnerTable.exists(owner.key, in: $0) })
        queue.clock.advance(by: QueueHarness.lease)
        #expect(try upkeep.rescue() == [])
        queue.clock.advance(by: QueueHarness.lease)
        #expect(try upkeep.rescue().map(\.owner) == [owner.key])
    }

    private struct Handed: @unchecked Sendable {  // @unchecked because only the keeper's thread uses it
        let upkeep: Upkeep
    }
}
