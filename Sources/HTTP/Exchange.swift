import CMicroHTTPD
import Core
import Synchronization

/// One request and its answer: what the library's callbacks do, in the order in which they come.
///
/// The library calls for a request's target, then once for its head, for each piece of its body, once more at the
/// body's end, and again after each resume, always on the connection's own thread. An answer given to the first call
/// closes the connection, and one given together with body bytes is not taken; so answers wait for the body's end.
///
/// Comes from: the daemon. Goes to: the route's handler and back.
final class Exchange: @unchecked Sendable {  // @unchecked because only `shared` is touched off the connection's thread.
    /// How the request goes on.
    enum Plan {
        /// The head has not been seen.
        case none
        /// The body, if any, is thrown away, and then the answer sent.
        case answer
        case immediate(@Sendable (HTTPRequest) throws -> HTTPResponse)
        case asynchronous(@Sendable (HTTPRequest) async throws -> HTTPResponse)
        case collected(upTo: Int, isPrompt: Bool, @Sendable (HTTPRequest, [UInt8]) async throws -> HTTPResponse)
        case streamed(BodyBuffer, HTTPBody, @Sendable (HTTPRequest, HTTPBody) async throws -> HTTPResponse)
    }

    /// What the task, and a server that stops, may change.
    struct Shared {
        var answer: Answer?
        /// The connection is suspended until there is an answer.
        var isWaiting = false
        var task: Task<Void, Never>?
        var buffer: BodyBuffer?
        var writer: HTTPBodyWriter?
    }

    let context: ServerContext
    let connection: SuspendableConnection
    let client: ClientConnection
    let shared = Mutex(Shared())
    /// What this request holds of the server's memory for whole bodies.
    let share: BodyShare
    /// What its answer holds of the memory for answers that are on their way.
    let answerShare: Share

    // The connection's thread alone changes what follows; once a task works, the request stays as it is.
    /// Which request of its connection it is, from 1 on.
    let number: Int
    let target: String
    var plan = Plan.none
    var request: HTTPRequest?
    var coding = ContentCoding.identity
    var isCompressedBody = false
    var announcedBytes: Int?
    var receivedBytes = 0
    var discardedBytes = 0
    var collected: [UInt8] = []
    var hasLaunched = false
    /// The server knows the request as one that a task works on.
    var hasJoined = false
    var hasSaidLast = false
    var startedAt = Duration.zero
    var summary: RequestSummary

    /// - Parameter target: the target as it stands in the request line.
    init(
        number: Int, target: String, connection: OpaquePointer, client: ClientConnection, context: ServerContext
    ) {
        self.number = number
        self.context = context
        share = BodyShare(of: context.bodies, holder: client)
        answerShare = Share(of: context.answers, holder: client)
        self.connection = SuspendableConnection(pointer: connection)
        self.client = client
        self.target = target
        summary = RequestSummary(
            method: "OTHER", route: nil, status: nil, duration: .zero, sentBytes: 0, requestID: "",
            remoteAddress: client.address, isComplete: false)
    }

    // MARK: The library's calls

    /// Goes on with the request; false closes the connection.
    ///
    /// - Parameters:
    ///   - bytes: a piece of the body; empty in the first call, at the body's end and after it.
    ///   - taken: set to how many of the bytes were used.
    func proceed(
        method: UnsafePointer<CChar>, version: UnsafePointer<CChar>, bytes: UnsafeRawBufferPointer, taken: inout Int
    ) -> Bool {
        if case .none = plan { return begin(method: String(cString: method), version: version) }
        guard bytes.isEmpty else { return receive(bytes, taken: &taken) }
        return hasSaidLast ? false : finishBody()
    }

    /// Ends the request: its answer is sent, or the connection is gone.
    func completed(whole: Bool) {
        let (task, buffer, writer) = shared.withLock { ($0.task, $0.buffer, $0.writer) }
        buffer?.finish(.failure(HTTPError.bodyIncomplete))
        answerShare.release()
        if !whole { task?.cancel() }
        if hasJoined { context.leave(self) }
        guard startedAt > .zero else { return }
        let now = context.hooks.clock.now
        client.enter(.idle(since: now, until: now + context.configuration.idle), at: now)
        context.requestEnded()
        if let writer { summary.sentBytes = writer.sentBytes }
        summary.isComplete = whole && summary.status != nil
        summary.duration = now - startedAt
        context.hooks.onFinish(summary)
    }

    /// Gives up on the request because the server stops: whoever waits for it is told so.
    ///
    /// From any thread.
    func abort() {
        let answer = problem(HTTPError.shuttingDown)
        let (task, buffer, writer) = shared.withLock { shared in
            if shared.answer == nil { shared.answer = answer }
            letGo(&shared)
            return (shared.task, shared.buffer, shared.writer)
        }
        task?.cancel()
        buffer?.finish(.failure(HTTPError.shuttingDown))
        writer?.cut()
    }
}
