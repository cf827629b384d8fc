internal import CLinux
package import Core
internal import Glibc
internal import Synchronization

/// Turns SIGTERM and SIGINT into an orderly stop; a second one ends the process at once.
package enum TerminationSignals {
    /// Where the handler writes, since it may do nothing else; -1 before anybody watches.
    ///
    /// Blocking the signals and waiting for them in a thread would be simpler, but Dispatch parks the main thread with all
    /// signals unblocked, so that they would end the process there.
    private static let bell = Atomic<Int32>(-1)

    /// Makes a broken pipe an error of the write instead of the process's end.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// Raises a stop signal at the first termination signal.
    ///
    /// To be called once.
    package static func watch(raising stop: StopSignal) {
        var ends: [Int32] = [-1, -1]
        precondition(pipe2(&ends, O_CLOEXEC) == 0, "a new process has descriptors to spare")
        bell.store(ends[1], ordering: .sequentiallyConsistent)
        for number in [SIGTERM, SIGINT] { install(number) }
        _ = ServiceThread(name: "signals") { [ring = ends[0]] _ in
            _ = next(ring)
            stop.raise()
            _exit(128 + Int32(next(ring)))
        }
    }

    private static func install(_ number: Int32) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = { number in
            var byte = UInt8(truncatingIfNeeded: number)
            let previous = errno
            _ = write(TerminationSignals.bell.load(ordering: .sequentiallyConsistent), &byte, 1)
            errno = previous
        }
        action.sa_flags = Int32(SA_RESTART)
        sigaction(number, &action, nil)
    }

    private static func next(_ descriptor: Int32) -> UInt8 {
        var byte: UInt8 = 0
        while read(descriptor, &byte, 1) != 1 {}
        return byte
    }
}
