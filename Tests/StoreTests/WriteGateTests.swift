import Core
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite struct WriteGateTests {
    private let folder = TemporaryFolder()

    private var files: DatabaseFiles { DatabaseFiles(path: folder.path + "/gate.db") }

    @Test func `one writer at a time passes, and each in its turn`() throws {
        let inside = Mutex(0)
        let passes = Mutex([Int](repeating: 0, count: 4))
        let files = files
        let threads = (0..<4).map { writer in
            ServiceThread(name: "writer-\(writer)") { _ in
                do {
                    let gate = try WriteGate(files: files)
                    for _ in 0..<200 {
                        try gate.enter()
                        #expect(
                            inside.withLock {
                                $0 += 1; return $0
                            } == 1)
                        passes.withLock { $0[writer] += 1 }
                        inside.withLock { $0 -= 1 }
                        gate.leave()
                    }
                } catch {
                    Issue.record(error)
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(passes.withLock { $0 } == [200, 200, 200, 200])
    }

    @Test func `a gate that never opens is reported with its holder`() throws {
        let holder = try WriteGate(files: files)
        try holder.enter()
        let waiting = try WriteGate(files: files, patience: .milliseconds(30))
        #expect(throws: StoreError.gateTimeout(holder: getpid(), isStopped: false)) { try waiting.enter() }
        holder.leave()
        try waiting.enter()
        waiting.leave()
    }

    @Test func `a waiter behind the turnstile gives up too`() throws {
        let turn = try LockFile(path: files.turn)
        #expect(try turn.tryLock())
        let waiting = try WriteGate(files: files, patience: .milliseconds(30))
        #expect(throws: StoreError.self) { try waiting.enter() }
    }

    @Test func `a lock file that was deleted guards nothing, so the new one is taken`() throws {
        let first = try LockFile(path: files.gate)
        #expect(unlink(files.gate) == 0)
        #expect(try first.tryLock())
        let second = try LockFile(path: files.gate)
        #expect(try !second.tryLock())
    }
}
