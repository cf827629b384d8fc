internal import CLinux
package import Core
internal import Glibc

/// A process of this same program that answers one question and may die of it.
///
/// It gets no environment, and no descriptor but the three standard ones; what it says is cut at
/// ``Limits/trialAnswerBytes``. It binds itself by ``Confinement``.
package struct ConfinedProcess {
    /// How the process ended.
    package enum End: Sendable, Equatable {
        case exited(code: Int32)
        case signalled(Int32)
        /// It was ended at its deadline.
        case late
        /// It was ended because nobody wants its answer any more.
        case unwanted
    }

    package private(set) var end = End.unwanted
    /// What it wrote to standard output.
    package private(set) var output: [UInt8] = []
    /// What it wrote to standard error.
    package private(set) var errors: [UInt8] = []
    /// The most memory that it held at once.
    package private(set) var peakBytes = 0

    /// How often a process is looked at that says nothing.
    private static let tick: Int32 = 20

    /// Starts the process and waits for its end.
    ///
    /// Blocks its thread, with which the process dies.
    ///
    /// - Parameters:
    ///   - arguments: the words after the program's name.
    ///   - program: where it is; this same program unless a test says otherwise.
    ///   - deadline: how long it may take.
    ///   - isUnwanted: asked again and again; true ends the process.
    /// - Throws: ``ChildProcessError`` when it cannot be started.
    package init(
        _ arguments: [String], of program: String = "/proc/self/exe", deadline: Duration, clock: SteadyClock,
        isUnwanted: () -> Bool = { false }
    ) throws {
        let (output, errors) = (try Stream(), try Stream())
        let process = try Self.spawn(program, arguments, output: output.writing, errors: errors.writing)
        output.closeWriting()
        errors.closeWriting()
        let latest = clock.now + deadline
        var killed: End?
        while true {
            var polled = [output.polled, errors.polled]
            poll(&polled, 2, Self.tick)
            output.read(into: &self.output)
            errors.read(into: &self.errors)
            if let ended = Self.reap(process, &peakBytes) {
                output.read(into: &self.output)
                errors.read(into: &self.errors)
                end = killed ?? ended
                return
            }
            if killed == nil, isUnwanted() { killed = .unwanted }
            if killed == nil, clock.now >= latest { killed = .late }
            if killed != nil { kill(process, SIGKILL) }
            // A process that has closed its streams would be asked without a pause.
            if output.isAtEnd, errors.isAtEnd { poll(nil, 0, Self.tick) }
        }
    }

    /// Asks whether a process has ended, without waiting.
    private static func reap(_ process: Int32, _ peakBytes: inout Int) -> End? {
        var status: Int32 = 0
        var usage = rusage()
        guard wait4(process, &status, WNOHANG, &usage) == process else { return nil }
        peakBytes = usage.ru_maxrss * 1_024
        let signal = status & 0x7F
        return signal == 0 ? .exited(code: (status >> 8) & 0xFF) : .signalled(signal)
    }

    private static func spawn(
        _ program: String, _ arguments: [String], output: Int32, errors: Int32
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)
        posix_spawn_file_actions_addclosefrom_np(&actions, 3)
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var words = (["sibyl"] + arguments).map { strdup($0) } + [nil]
        var variables = Self.variables.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var process: pid_t = 0
        let outcome = posix_spawn(&process, program, &actions, &attributes, &words, &variables)
        guard outcome == 0 else { throw ChildProcessError(operation: "start", number: outcome) }
        return process
    }

    /// Nothing but where the system's loader finds the program's libraries, where that was said: without it the program
    /// could not start.
    private static var variables: [String] {
        ["LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in
            getenv(name).map { "\(name)=\(String(cString: $0))" }
        }
    }

    /// A pipe from the process.
    private final class Stream {
        private let reading: Int32
        private(set) var writing: Int32
        private(set) var isAtEnd = false

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard pipe2(&ends, O_CLOEXEC) == 0 else { throw ChildProcessError(operation: "pipe", number: errno) }
            (reading, writing) = (ends[0], ends[1])
            _ = fcntl(reading, F_SETFL, O_NONBLOCK)
        }

        deinit {
            close(reading)
            closeWriting()
        }

        func closeWriting() {
            if writing >= 0 { close(writing) }
            writing = -1
        }

        var polled: pollfd { pollfd(fd: isAtEnd ? -1 : reading, events: Int16(POLLIN), revents: 0) }

        /// Takes what is there; what is beyond the bound is dropped, so that the process never waits for a reader.
        func read(into bytes: inout [UInt8]) {
            var part = [UInt8](repeating: 0, count: 4_096)
            // A process that writes without an end must not keep its deadline from being looked at.
            for _ in 0..<16 {
                let count = Glibc.read(reading, &part, part.count)
                if count == 0 { isAtEnd = true }
                guard count > 0 else { return }
                bytes += part.prefix(min(count, Limits.trialAnswerBytes - bytes.count))
            }
        }
    }
}
