import Core
import Synchronization

/// The body of a request: kept, handed on or thrown away.
extension Exchange {
    func receive(_ bytes: UnsafeRawBufferPointer, taken: inout Int) -> Bool {
        // With chunks, the library offers the next one although the connection has just been suspended; it will again.
        if case .streamed(let buffer, _, _) = plan, buffer.isPaused { return true }
        client.received(bytes.count, at: context.hooks.clock.now)
        if let answer = shared.withLock({ $0.answer }) {
            taken = bytes.count
            return discard(bytes.count, before: answer)
        }
        switch plan {
        case .collected(let limit, _, _): collect(bytes, upTo: limit)
        case .streamed(let buffer, let body, let handler):
            switch buffer.push(bytes) {
            case .unwanted: return discardAll(bytes, taken: &taken)
            case .taken: break
            }
            // A body that came whole with its head is handed over at its end, and its reader never waits.
            if receivedBytes + bytes.count != announcedBytes { launch { try await handler($0, body) } }
        default: return discardAll(bytes, taken: &taken)
        }
        receivedBytes += bytes.count
        taken = bytes.count
        return true
    }

    func collect(_ bytes: UnsafeRawBufferPointer, upTo limit: Int) {
        guard collected.count + bytes.count <= limit else {
            return refuseBody(HTTPError.bodyTooLarge(limit: limit))
        }
        do { try share.add(bytes.count) } catch { return refuseBody(error) }
        collected.append(contentsOf: bytes)
    }

    /// Lets go of a body that is read no further: what still comes of it is thrown away.
    private func refuseBody(_ error: any Error) {
        collected = []
        share.release()
        let answer = problem(error)
        shared.withLock { $0.answer = answer }
    }

    func discardAll(_ bytes: UnsafeRawBufferPointer, taken: inout Int) -> Bool {
        taken = bytes.count
        return discard(bytes.count, before: nil)
    }

    /// Throws bytes away so that the answer can follow them; beyond a bound, the answer is said past the library.
    ///
    /// The library takes no answer while a body comes. A caller who stops sending when it reads an error (curl does)
    /// still gets one in this way; one who goes on is cut after another bound.
    func discard(_ count: Int, before answer: Answer?) -> Bool {
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

    private var isStreamed: Bool { if case .streamed = plan { true } else { false } }

    func finishBody() -> Bool {
        client.enter(.ours, at: context.hooks.clock.now)
        if let answer = shared.withLock({ $0.answer }) { return send(answer) }
        let fault = client.incoming.fault(ofRequest: number)
        if let fault, !isStreamed { return send(problem(fault)) }
        switch plan {
        case .immediate(let handler): return send(answer { try handler($0) })
        case .asynchronous(let handler): launch(handler)
        case .collected(let limit, let isPrompt, let handler):
            let bytes = collected
            collected = []
            let isCompressed = isCompressedBody
            let isSmall = bytes.count <= Limits.promptBodyBytes && !isCompressed
            launch(on: isPrompt && isSmall ? PromptExecutor.shared : nil) { [share] request in
                // The share lasts as long as the bytes are used.
                defer { withExtendedLifetime(share) {} }
                let body = isCompressed ? try BodyDecompression.decompress(bytes, upTo: limit, in: share) : bytes
                return try await handler(request, body)
            }
        case .streamed(let buffer, let body, let handler):
            buffer.finish(fault.map { .failure($0) } ?? .success(()))
            launch { try await handler($0, body) }
        case .none, .answer: return false
        }
        return suspendUntilAnswered()
    }
}
