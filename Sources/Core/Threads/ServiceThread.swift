import Glibc
package final class ServiceThread: Sendable {
    private let stopSignal = StopSignal()
    private let done = Latch()
    package init(name: String, body: @escaping @Sendable (StopSignal) -> Void) {
        let stopSignal = stopSignal, done = done
        let box = Unmanaged.passRetained(Box { body(stopSignal); done.raise() })
        var thread = pthread_t()
        pthread_create(&thread, nil, { raw in
            Unmanaged<Box>.fromOpaque(raw!).takeRetainedValue().body(); return nil }, box.toOpaque())
        pthread_detach(thread)
    }
    private final class Box { let body: () -> Void; init(_ b: @escaping () -> Void) { body = b } }
    package func stop() { stopSignal.raise() }
    package func join() { while !done.wait(for: .seconds(3600)) {} }
    package func joined() async { await done.raised() }
}
