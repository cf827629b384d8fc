import Core
import Glibc

import TestSupport
import Testing

@testable import Queue
@testable import Store

/// Who hears a ring.
@Suite struct DoorbellTests {
    @Test func `a door that was made a moment ago is rung`() throws {
        let queue = try QueueHarness(.sqlite)
        // From now on the list of doors is known, and by a clock that stands still it stays so.
        queue.doorbell.ringWorkers()
        try waitForTick(in: queue.database.files.doors)
        let listener = try queue.doorbell.listen(as: .worker, boot: "new")
        queue.doorbell.ringWorkers()
        #expect(listener.wait(for: .seconds(5)) == .look)
    }

    /// Lets the filesystem's time move on: it counts in steps of some milliseconds.
    private func waitForTick(in folder: String) throws {
        let directory = try DoorDirectory(path: folder)
        let before = directory.changedAt
        let path = folder + "/.tick"
        while directory.changedAt == before {
            close(open(path, O_CREAT | O_WRONLY, 0o600))
            unlink(path)
        }
    }
}
