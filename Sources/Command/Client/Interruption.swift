internal import Core
internal import Glibc
internal import Operations
internal import Synchronization

/// Ends a command that a person interrupts, and tells how to go on with what was begun.
///
/// What was begun lives in the service, so that the process can end where it is.
enum Interruption {
    private struct State {
        var advice: String?
        var unfinishedFile: String?
    }

    private static let state = Mutex(State())
    /// What the process ends with, as a shell counts a Ctrl-C.
    private static let exitCode = 128 + SIGINT

    /// Listens from now on.
    ///
    /// To be called once.
    static func watch() {
        let signal = StopSignal()
        TerminationSignals.watch(raising: signal)
        signal.whenRaised { end() }
    }

    /// Says how to go on from here.
    static func advise(_ advice: String?) { state.withLock { $0.advice = advice } }

    /// A file that means nothing until it is whole; nil once it is.
    static func unfinished(_ path: String?) { state.withLock { $0.unfinishedFile = path } }

    @Sendable private static func end() {
        let state = state.withLock { $0 }
        if let path = state.unfinishedFile { unlink(path) }
        if Console.isWatched { Console.writeProgress("") }
        if let advice = state.advice { Console.writeError(advice) }
        _exit(exitCode)
    }
}
