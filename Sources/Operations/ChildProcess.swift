internal import CLinux
package import Core
internal import Glibc

/// A process of this same program, started with other words.
///
/// It gets one end of a pipe as descriptor 3; when its starter dies, however that happens, the pipe ends, and the child
/// stops in order instead of living on unseen.
package final class ChildProcess: Sendable {
    package let processID: Int32
    private let lifeline: Int32
    private let thread: ServiceThread
    private let ending: Ending

    /// Remembers how the process ended.
    private final class Ending: Sendable {
        let status = Monitor<Int32?>(nil)
    }

    /// The variable that tells a child that descriptor 3 is its lifeline.
    package static let lifelineName = "SIBYL_LIFELINE"
    private static let lifelineDescriptor: Int32 = 3

    /// - Parameter arguments: the words after the program's name.
    /// - Throws: ``ChildProcessError``.
    package init(_ arguments: [String], environment: [String: String]) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ChildProcessError(operation: "pipe", number: errno) }
        defer { close(ends[0]) }
        do {
            processID = try Self.spawn(
                arguments, environment: environment.merging([Self.lifelineName: "1"]) { $1 }, lifeline: ends[0])
        } catch {
            close(ends[1])
            throw error
        }
        lifeline = ends[1]
        let ending = Ending()
        self.ending = ending
        thread = ServiceThread(name: "child-\(processID)") { [processID] _ in
            var information = siginfo_t()
            while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
            // Its number is free for another process from here on, so nobody may send a signal meanwhile.
            ending.status.change { status in
                var word: Int32 = 0
                while waitpid(processID, &word, 0) < 0, errno == EINTR {}
                status = word
            }
        }
    }

    deinit { close(lifeline) }

    /// Suspends until the process has ended.
    ///
    /// - Returns: its exit code; 128 and the signal's number for one that was killed.
    package func exitCode() async -> Int32 {
        await thread.joined()
        let status = ending.status.withLock { $0 ?? 0 }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// Whether the process has ended.
    package var hasEnded: Bool { ending.status.withLock { $0 != nil } }

    /// Asks the process to stop in order.
    package func terminate() { send(SIGTERM) }

    /// Ends the process at once, even a stopped one.
    package func kill() { send(SIGKILL) }

    private func send(_ signal: Int32) {
        // A process that has been waited for may have lent its number to another.
        ending.status.withLock { if $0 == nil { _ = Glibc.kill(processID, signal) } }
    }

    private static func spawn(
        _ arguments: [String], environment: [String: String], lifeline: Int32
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, lifeline, lifelineDescriptor)
        // Its own process group: Ctrl-C goes to the starter alone, which stops its children in order.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        var words = (["sibyl"] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let outcome = posix_spawn(&process, "/proc/self/exe", &actions, &attributes, &words, &variables)
        guard outcome == 0 else { throw ChildProcessError(operation: "start", number: outcome) }
        return process
    }

    /// In a child: raises a stop signal when the process that started it is gone.
    package static func stopWithStarter(raising stop: StopSignal, environment: [String: String]) {
        guard environment[lifelineName] != nil else { return }
        _ = fcntl(lifelineDescriptor, F_SETFD, FD_CLOEXEC)
        _ = ServiceThread(name: "lifeline") { _ in
            var byte: UInt8 = 0
            while read(lifelineDescriptor, &byte, 1) != 0 {
                // Nothing is ever sent; only an interrupted read comes here.
                if errno != EINTR { break }
            }
            stop.raise()
        }
    }
}

/// A process that could not be started.
package struct ChildProcessError: CodedError {
    package let operation: String
    package let number: Int32

    package var code: ErrorCode { .internalError }
    package var message: String { "A process could not be made (\(operation): \(String(cString: strerror(number))))." }
}
