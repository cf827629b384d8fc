import Core
import Dispatch

/// Closes late connections, again and again until it is cancelled.
final class DeadlineSweep: @unchecked Sendable {  // @unchecked because a dispatch source may be used from any thread.
    private let timer: any DispatchSourceTimer

    init(of context: ServerContext) {
        timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "http.deadlines"))
        let shortest = min(context.configuration.headerDeadline, context.configuration.idle)
        let period = min(max(Int(shortest.wholeMilliseconds) / 4, 10), 500)
        timer.schedule(deadline: .now(), repeating: .milliseconds(period))
        timer.setEventHandler { @Sendable in context.closeLateConnections() }
        timer.activate()
    }

    func cancel() { timer.cancel() }
}
