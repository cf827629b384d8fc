import Core
import Synchronization

/// The answer to a request on its way to the library.
extension Exchange {
    func problem(_ error: any Error) -> Answer {
        problem(error, for: request, in: coding)
    }

    func problem(_ error: any Error, for request: HTTPRequest?, in coding: ContentCoding) -> Answer {
        var problem = context.hooks.describe(error)
        if case HTTPError.methodNotAllowed(let allowed, _) = error {
            problem.headers.set("Allow", allowed.joined(separator: ", "))
        }
        let id = request?.requestID ?? summary.requestID
        return Answer(problem.response(instance: request?.path, requestID: id), in: coding)
    }

    /// Makes what is said to the caller, past the library, when the request ends for the sake of others.
    ///
    /// Nothing over TLS, which only the library speaks.
    func farewell() -> @Sendable () -> [UInt8] {
        let (id, path, begin, context) = (summary.requestID, request?.path, startedAt, context)
        return {
            guard context.configuration.tls == nil else { return [] }
            let problem = context.hooks.describe(HTTPError.gaveWay)
            var answer = Answer(problem.response(instance: path, requestID: id), in: .identity)
            answer.headers.set("X-Request-ID", id)
            answer.headers.set("X-Process-Time", (context.hooks.clock.now - begin).asProcessTime)
            return answer.message()
        }
    }

    /// Adds what every answer has.
    func completed(_ answer: Answer) -> Answer {
        var answer = answer
        answer.headers.set("X-Request-ID", summary.requestID)
        answer.headers.set("X-Process-Time", (context.hooks.clock.now - startedAt).asProcessTime)
        if context.isDraining || client.incoming.fault(ofRequest: number) != nil {
            answer.headers.set("Connection", "close")
        }
        return answer
    }

    func send(_ answer: Answer) -> Bool {
        let answer = completed(answer)
        let isHead = request?.method == .head
        if case .bytes(let bytes) = answer.body, !isHead,
            !answerShare.hold(bytes.count - Limits.smallAnswerBytes)
        {
            return send(problem(HTTPError.answersFull))
        }
        guard
            let message = OutgoingMessage.make(
                answer, connection: connection, isHead: isHead, share: answerShare, clock: context.hooks.clock)
        else {
            guard answer.status != 500 else { return false }
            return send(problem(HTTPError.unsendableHeader))
        }
        summary.status = answer.status
        summary.code = answer.code
        if case .bytes(let bytes) = answer.body, !isHead { summary.sentBytes = bytes.count }
        guard message.queue(on: connection, status: answer.status) else { return false }
        // The library has a copy, which is enough.
        shared.withLock { $0.answer = nil }
        let now = context.hooks.clock.now
        client.enter(.answer(since: now, taken: nil), at: now)
        if case .stream(let produce) = answer.body, let writer = message.writer, !isHead { start(produce, writer) }
        return true
    }

    func start(_ produce: @escaping @Sendable (HTTPBodyWriter) async throws -> Void, _ writer: HTTPBodyWriter) {
        shared.withLock { $0.writer = writer }
        guard join() else { return writer.cut() }
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
