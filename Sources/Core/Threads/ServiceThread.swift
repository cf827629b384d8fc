internal import CLinux
internal import Glibc

/// A thread of its own for a service whose calls block: they must never run where Swift's tasks run.
package final class ServiceThread: Sendable {
    private let stopSignal = StopSignal()
    private let ended = Latch()

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - name: shown by the system's tools, at most 15 bytes of it.
    ///   - body: runs on the thread and returns soon after its signal is raised.
    package init(name: String, body: @escaping @Sendable (StopSignal) -> Void) {
        let start = Start(name: String(name.prefix(15))) { [stopSignal, ended] in
            body(stopSignal)
            ended.raise()
        }
        var thread = pthread_t()
        let outcome = pthread_create(
            &thread, nil,
            { start in
                Unmanaged<Start>.fromOpaque(start!).takeRetainedValue().run()
                return nil
            }, Unmanaged.passRetained(start).toOpaque())
        precondition(outcome == 0, "a thread could not be made: error \(outcome)")
        pthread_detach(thread)
    }

    /// What a new thread is given.
    private final class Start: Sendable {
        private let name: String
        private let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }

        func run() {
            sibyl_name_thread(name)
            body()
        }
    }

    /// Asks the thread to end.
    package func stop() { stopSignal.raise() }

    /// Blocks until the thread has ended.
    ///
    /// - Returns: whether it has; false when the time is over.
    @discardableResult
    package func join(for limit: Duration = .seconds(3_600)) -> Bool { ended.wait(for: limit) }

    /// Suspends until the thread has ended.
    package func joined() async { await ended.raised() }
}
