import Foundation
import Glibc
import TestSupport
import Testing

@testable import Store

/// Who stands at the gate; the processes are those of flock(1), which locks a file as we do.
@Suite struct GateStandstillTests {
    private let folder = TemporaryFolder()

    private var files: DatabaseFiles { DatabaseFiles(path: folder.path + "/gate.db") }

    @Test func `only a process that is stopped and holds the gate or the turnstile stands in the way`() throws {
        let standstill = GateStandstill(files: files)
        for path in [files.gate, files.turn] {
            let holder = try locker(of: path)
            #expect(!standstill.isCaused(by: holder.processIdentifier))
            stop(holder)
            #expect(standstill.isCaused(by: holder.processIdentifier))
            // Whoever waits for the lock holds nothing.
            let waiter = try process("/usr/bin/flock", ["--no-fork", path, "sleep", "60"])
            stop(waiter)
            #expect(!standstill.isCaused(by: waiter.processIdentifier))
            // A file that was deleted guards nothing.
            unlink(path)
            #expect(!standstill.isCaused(by: holder.processIdentifier))
            for process in [holder, waiter] { end(process) }
        }
    }

    @Test func `a stopped process with another lock, or none, or that is gone, stands in nobody's way`() throws {
        let standstill = GateStandstill(files: files)
        _ = try LockFile(path: files.gate)
        let other = try locker(of: files.alone)
        stop(other)
        #expect(!standstill.isCaused(by: other.processIdentifier))
        end(other)
        #expect(!standstill.isCaused(by: other.processIdentifier))
    }

    private func process(_ program: String, _ words: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = words
        try process.run()
        return process
    }

    /// A process that holds a lock.
    private func locker(of path: String) throws -> Process {
        let process = try process("/usr/bin/flock", ["--no-fork", path, "sleep", "60"])
        while try !LockFile.isHeld(at: path) { poll(nil, 0, 1) }
        return process
    }

    private func stop(_ process: Process) {
        kill(process.processIdentifier, SIGSTOP)
        while !ProcessState.isStopped(process.processIdentifier) { poll(nil, 0, 1) }
    }

    private func end(_ process: Process) {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
