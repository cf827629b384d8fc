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
    private enum Plan {
        /// The head has not been seen.
        case none
        /// The body, if any, is thrown away, and then the answer sent.
        case answer
        case immediate(@Sendable (HTTPRequest) throws -> HTTPResponse)
        case asynchronous(@Sendable (HTTPRequest) async throws -> HTTPResponse)
        case collected(upTo: Int, @Sendable (HTTPRequest, [UInt8]) async throws -> HTTPResponse)
        case streamed(BodyBuffer, HTTPBody, @Sendable (HTTPRequest, HTTPBody) async throws -> HTTPResponse)
    }

    /// What the task, and a server that stops, may change.
    private struct Shared {
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
    private let shared = Mutex(Shared())

    // The connection's thread alone touches what follows.
    private let target: String?
    private var plan = Plan.none
    private var request: HTTPRequest?
    private var acceptsGzip = false
    private var isCompressedBody = false
    private var announcedBytes: Int?
    private var receivedBytes = 0
    private var discardedBytes = 0
    private var collected: [UInt8] = []
    private var hasLaunched = false
    private var hasSaidLast = false
    private var startedAt = Duration.zero
    private var summary: RequestSummary

    /// - Parameter target: the target as it stands in the request line; nil when it holds a byte that cannot be there.
    init(target: String?, connection: OpaquePointer, client: ClientConnection, context: ServerContext) {
        self.context = context
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
        if !whole { task?.cancel() }
        context.leave(self)
        guard startedAt > .zero else { return }
        let now = context.hooks.clock.now
        client.enter(.head(until: now + context.configuration.idle))
        context.requestEnded()
        if let writer { summary.sentBytes = writer.sentBytes }
        summary.isComplete = whole && summary.status != nil
        summary.duration = now - startedAt
        context.hooks.onFinish(summary)
    }

    /// Gives up on the request because the server stops: whoever waits for it is told so. From any thread.
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

    // MARK: The head

    private func begin(method: String, version: UnsafePointer<CChar>) -> Bool {
        plan = .answer
        startedAt = max(context.hooks.clock.now, .nanoseconds(1))
        context.requestBegan()
        client.enter(.ours)
        do {
            let head = try RequestHead(of: connection.pointer, version: version, targetBytes: target?.utf8.count ?? 0)
            summary.requestID = context.requestIDs.id(for: head.headers)
            acceptsGzip = ContentCoding.acceptsGzip(head.headers)
            announcedBytes = head.contentLength
            guard let target else { throw HTTPError.malformed("the target holds a NUL byte") }
            let parsed = try RequestTarget(target)
            do { try admit(method, target, parsed, head) } catch { return refuse(error, head) }
            if head.hasBody { client.enter(.body(since: startedAt, bytes: 0)) }
            return true
        } catch {
            // Where this request ends is not certain: answered at once, its connection is closed with it.
            if summary.requestID.isEmpty { summary.requestID = context.requestIDs.id(for: HTTPHeaders()) }
            return send(problem(error))
        }
    }

    /// Answers a request that may not come in: at once when its body would be in vain, else after the body.
    private func refuse(_ error: any Error, _ head: RequestHead) -> Bool {
        plan = .answer
        let answer = problem(error)
        if head.hasBody, head.expectsContinue || (announcedBytes ?? 0) > Limits.discardedBodyBytes {
            return send(answer)
        }
        shared.withLock { $0.answer = answer }
        if head.hasBody { client.enter(.body(since: startedAt, bytes: 0)) }
        return true
    }

    private func admit(_ name: String, _ target: String, _ parsed: RequestTarget, _ head: RequestHead) throws {
        guard let method = HTTPMethod(rawValue: name) else {
            throw HTTPError.methodNotAllowed(allowed: HTTPMethod.allCases.map(\.rawValue))
        }
        summary.method = name
        var request = HTTPRequest(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: head.headers,
            requestID: summary.requestID, remoteAddress: client.address)
        self.request = request
        switch try context.router.match(method, parsed) {
        case .options(let allowed):
            let headers: HTTPHeaders = ["Allow": allowed.joined(separator: ", ")]
            let answer = Answer(HTTPResponse(status: 204, headers: headers), acceptsGzip: false)
            shared.withLock { $0.answer = answer }
        case .route(let route, let parameters):
            request.route = route.pattern
            request.parameters = parameters
            summary.route = route.pattern
            self.request = request
            try context.hooks.admit(request)
            plan = try makePlan(route.handler, head)
        }
    }

    private func makePlan(_ handler: Route.Handler, _ head: RequestHead) throws -> Plan {
        switch handler {
        case .immediate(let answer): return .immediate(answer)
        case .asynchronous(let answer): return .asynchronous(answer)
        case .collected(let limit, let answer):
            try checkBody(head, upTo: limit)
            return .collected(upTo: limit, answer)
        case .streamed(let limit, let answer):
            try checkBody(head, upTo: limit)
            let buffer = BodyBuffer(connection: connection)
            shared.withLock { $0.buffer = buffer }
            let body = HTTPBody(
                buffer: buffer, limit: limit, isCompressed: isCompressedBody, announcedBytes: announcedBytes)
            return .streamed(buffer, body, answer)
        }
    }

    private func checkBody(_ head: RequestHead, upTo limit: Int) throws {
        let coding = head.headers.all("Content-Encoding").joined(separator: ",")
        isCompressedBody = coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip")
        guard isCompressedBody || coding.isEmpty || coding.equalsIgnoringCase("identity") else {
            throw HTTPError.unsupportedEncoding
        }
        guard (announcedBytes ?? 0) <= limit else { throw HTTPError.bodyTooLarge(limit: limit) }
    }

    // MARK: The body

    private func receive(_ bytes: UnsafeRawBufferPointer, taken: inout Int) -> Bool {
        client.received(bytes.count, at: context.hooks.clock.now)
        if let answer = shared.withLock({ $0.answer }) {
            taken = bytes.count
            return discard(bytes.count, before: answer)
        }
        switch plan {
        case .collected(let limit, _): collect(bytes, upTo: limit)
        case .streamed(let buffer, let body, let handler):
            switch buffer.push(bytes) {
            case .refused: return true
            case .unwanted: return discardAll(bytes, taken: &taken)
            case .taken: if buffer.isPaused { client.enter(.ours) }
            }
            // A body that came whole with its head is handed over at its end, and its reader never waits.
            if receivedBytes + bytes.count != announcedBytes { launch { try await handler($0, body) } }
        default: return discardAll(bytes, taken: &taken)
        }
        receivedBytes += bytes.count
        taken = bytes.count
        return true
    }

    private func collect(_ bytes: UnsafeRawBufferPointer, upTo limit: Int) {
        guard collected.count + bytes.count <= limit else {
            collected = []
            let answer = problem(HTTPError.bodyTooLarge(limit: limit))
            shared.withLock { $0.answer = answer }
            return
        }
        collected.append(contentsOf: bytes)
    }

    private func discardAll(_ bytes: UnsafeRawBufferPointer, taken: inout Int) -> Bool {
        taken = bytes.count
        return discard(bytes.count, before: nil)
    }

    /// Throws bytes away so that the answer can follow them; beyond a bound, the answer is said past the library.
    ///
    /// The library takes no answer while a body comes. A caller who stops sending when it reads an error (curl does)
    /// still gets one in this way; one who goes on is cut after another bound.
    private func discard(_ count: Int, before answer: Answer?) -> Bool {
        discardedBytes += count
        receivedBytes += count
        let isLong = discardedBytes > Limits.discardedBodyBytes
        let willBeLong = (announcedBytes ?? 0) - receivedBytes > Limits.discardedBodyBytes
        guard !hasSaidLast else { return !isLong }
        guard isLong || willBeLong, let answer else { return !isLong }
        guard context.configuration.tls == nil else { return !isLong }
        hasSaidLast = true
        discardedBytes = 0
        summary.status = answer.status
        client.sayLast(completed(answer).message())
        return true
    }

    private func finishBody() -> Bool {
        client.enter(.ours)
        if let answer = shared.withLock({ $0.answer }) { return send(answer) }
        switch plan {
        case .immediate(let handler): return send(answer { try handler($0) })
        case .asynchronous(let handler): launch(handler)
        case .collected(let limit, let handler):
            let bytes = collected
            let isCompressed = isCompressedBody
            launch { request in
                try await handler(request, isCompressed ? BodyDecompression.decompress(bytes, upTo: limit) : bytes)
            }
        case .streamed(let buffer, let body, let handler):
            buffer.finish(.success(()))
            launch { try await handler($0, body) }
        case .none, .answer: return false
        }
        return suspendUntilAnswered()
    }

    // MARK: The handler

    private func launch(_ handler: @escaping @Sendable (HTTPRequest) async throws -> HTTPResponse) {
        guard !hasLaunched, let request else { return }
        hasLaunched = true
        guard context.join(self) else { return abort() }
        let acceptsGzip = acceptsGzip
        let task = Task {
            do { conclude(Answer(try await handler(request), acceptsGzip: acceptsGzip)) } catch {
                conclude(problem(error, for: request, acceptsGzip: acceptsGzip))
            }
        }
        shared.withLock { $0.task = task }
    }

    private func suspendUntilAnswered() -> Bool {
        let answer = shared.withLock { shared in
            if shared.answer == nil {
                shared.isWaiting = true
                connection.suspend()
            }
            return shared.answer
        }
        return answer.map(send) ?? true
    }

    /// Takes the handler's answer, and sets the connection going whatever it waits for.
    private func conclude(_ answer: Answer) {
        let buffer = shared.withLock { shared in
            if shared.answer == nil { shared.answer = answer }
            letGo(&shared)
            return shared.buffer
        }
        buffer?.abandon()
    }

    private func letGo(_ shared: inout Shared) {
        guard shared.isWaiting else { return }
        shared.isWaiting = false
        connection.resume()
    }

    private func answer(_ handler: (HTTPRequest) throws -> HTTPResponse) -> Answer {
        guard let request else { return problem(HTTPError.routeNotFound) }
        do { return Answer(try handler(request), acceptsGzip: acceptsGzip) } catch { return problem(error) }
    }

    // MARK: The answer

    private func problem(_ error: any Error) -> Answer {
        problem(error, for: request, acceptsGzip: acceptsGzip)
    }

    private func problem(_ error: any Error, for request: HTTPRequest?, acceptsGzip: Bool) -> Answer {
        var problem = context.hooks.describe(error)
        if case HTTPError.methodNotAllowed(let allowed) = error {
            problem.headers.set("Allow", allowed.joined(separator: ", "))
        }
        let id = request?.requestID ?? summary.requestID
        return Answer(problem.response(instance: request?.path, requestID: id), acceptsGzip: acceptsGzip)
    }

    /// Adds what every answer has.
    private func completed(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers.set("X-Request-ID", summary.requestID)
        answer.headers.set("X-Process-Time", (context.hooks.clock.now - startedAt).asProcessTime)
        if context.isDraining { answer.headers.set("Connection", "close") }
        return answer
    }

    private func send(_ answer: Answer) -> Bool {
        let answer = completed(answer)
        guard let message = OutgoingMessage.make(answer, connection: connection) else {
            guard answer.status != 500 else { return false }
            return send(problem(HTTPError.unsendableHeader))
        }
        summary.status = answer.status
        let isHead = request?.method == .head
        if case .bytes(let bytes) = answer.body, !isHead { summary.sentBytes = bytes.count }
        guard message.queue(on: connection, status: answer.status) else { return false }
        if case .stream(let produce) = answer.body, let writer = message.writer, !isHead { start(produce, writer) }
        return true
    }

    private func start(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void, _ writer: HTTPBodyWriter) {
        shared.withLock { $0.writer = writer }
        guard context.join(self) else { return writer.cut() }
        let task = Task {
            do {
                try await produce(writer)
                writer.finish()
            } catch {
                writer.cut()
            }
        }
        shared.withLock { $0.task = task }
    }
}
