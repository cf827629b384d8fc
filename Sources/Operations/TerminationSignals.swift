package import Core
internal import Glibc

/// Turns SIGTERM and SIGINT into an orderly stop; a second one ends the process at once.
package enum TerminationSignals {
    /// Blocks the signals in this thread and all that it starts, so that one thread alone takes them.
    ///
    /// To be called first of all. A broken pipe becomes an error of the write instead of a signal.
    package static func block() {
        var set = termination
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Raises a stop signal at the first termination signal.
    package static func watch(raising stop: StopSignal) {
        _ = ServiceThread(name: "signals") { _ in
            var set = termination
            var number: Int32 = 0
            sigwait(&set, &number)
            stop.raise()
            sigwait(&set, &number)
            _exit(128 + number)
        }
    }

    private static var termination: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        return set
    }
}
