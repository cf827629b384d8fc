import CMicroHTTPD
import Core
import Synchronization

/// The head of a request: who may come in, and who answers.
extension Exchange {
    func begin(method: String, version: UnsafePointer<CChar>) -> Bool {
        plan = .answer
        startedAt = max(context.hooks.clock.now, .nanoseconds(1))
        context.requestBegan()
        client.enter(.ours, at: startedAt)
        do {
            if let fault = client.incoming.fault(ofRequest: number) { throw fault }
            let head = try RequestHead(of: connection.pointer, version: version)
            summary.requestID = context.requestIDs.id(for: head.headers)
            announcedBytes = head.contentLength
            let parsed = try RequestTarget(target)
            do { try admit(method, target, parsed, head) } catch { return refuse(error, head) }
            if head.hasBody { expectBody() }
            return true
        } catch {
            // Where this request ends is not certain: answered at once, its connection is closed with it.
            if summary.requestID.isEmpty { summary.requestID = context.requestIDs.id(for: HTTPHeaders()) }
            return send(problem(error))
        }
    }

    /// Answers a request that may not come in: at once when its body would be in vain, else after the body.
    func refuse(_ error: any Error, _ head: RequestHead) -> Bool {
        plan = .answer
        let answer = problem(error)
        if head.hasBody, head.expectsContinue || (announcedBytes ?? 0) > Limits.discardedBodyBytes {
            return send(answer)
        }
        shared.withLock { $0.answer = answer }
        if head.hasBody { expectBody() }
        return true
    }

    private func expectBody() {
        client.expectBody(at: startedAt, farewell: farewell())
    }

    func admit(_ name: String, _ target: String, _ parsed: RequestTarget, _ head: RequestHead) throws {
        guard let method = HTTPMethod(rawValue: name) else {
            throw HTTPError.methodNotAllowed(allowed: HTTPMethod.allCases.map(\.rawValue))
        }
        summary.method = name
        var request = HTTPRequest(
            method: method, target: target, path: parsed.path, query: parsed.query, headers: head.headers,
            requestID: summary.requestID, remoteAddress: client.address, localAddress: client.localAddress,
            holder: client)
        // Whatever is refused below is told with the request's path.
        defer { self.request = request }
        let found = Result { try context.router.match(method, parsed) }
        if case .success(.route(let route, let parameters)) = found {
            request.route = route.pattern
            request.parameters = parameters
            summary.route = route.pattern
        }
        // Who may not come in is not told what there is.
        try context.hooks.admit(request)
        coding = try ContentCoding(head.headers)
        if head.hasUnknownExpectation { throw HTTPError.unknownExpectation }
        switch try found.get() {
        case .options(let allowed):
            let headers: HTTPHeaders = ["Allow": allowed.joined(separator: ", ")]
            let answer = Answer(HTTPResponse(status: 204, headers: headers), in: .identity)
            shared.withLock { $0.answer = answer }
        case .route(let route, _):
            if !route.types.isEmpty { _ = try MediaTypes.preferred(route.types, by: head.headers) }
            plan = try makePlan(route.handler, head, request)
        }
    }

    func makePlan(_ handler: Route.Handler, _ head: RequestHead, _ request: HTTPRequest) throws -> Plan {
        switch handler {
        case .chosen(let choose): return try makePlan(try choose(request), head, request)
        case .immediate(let answer): return .immediate(answer)
        case .asynchronous(let answer): return .asynchronous(answer)
        case .collected(let limit, let answer):
            try checkBody(head, upTo: limit)
            return .collected(upTo: limit, isPrompt: false, answer)
        case .prompt(let limit, let answer):
            try checkBody(head, upTo: limit)
            return .collected(upTo: limit, isPrompt: true, answer)
        case .streamed(let limit, let answer):
            try checkBody(head, upTo: limit)
            let buffer = BodyBuffer(
                connection: connection,
                onPause: { [client, context] in client.enter(.ours, at: context.hooks.clock.now) },
                onResume: { [client, context] in
                    let now = context.hooks.clock.now
                    client.enter(.body(since: now, bytes: 0), at: now)
                })
            shared.withLock { $0.buffer = buffer }
            let isForm = FormBoundary.isForm(head.headers)
            let body = HTTPBody(
                buffer: buffer, limit: limit, isCompressed: isCompressedBody, announcedBytes: announcedBytes,
                share: share, form: isForm ? Result { try FormBoundary(head.headers) } : nil)
            return .streamed(buffer, body, answer)
        }
    }

    func checkBody(_ head: RequestHead, upTo limit: Int) throws {
        let coding = head.headers.all("Content-Encoding").joined(separator: ",")
        isCompressedBody = coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip")
        guard isCompressedBody || coding.isEmpty || coding.equalsIgnoringCase("identity") else {
            throw HTTPError.unsupportedEncoding
        }
        guard (announcedBytes ?? 0) <= limit else { throw HTTPError.bodyTooLarge(limit: limit) }
    }
}
