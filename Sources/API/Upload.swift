internal import Core
internal import Queue
internal import Store

/// A submission on its way in: kept in memory while it is small, written chunk by chunk when it grows.
///
/// A small one becomes one transaction. A large one is opened as a task, so that its first rows run while the rest arrives.
struct Upload {
    private enum State {
        /// All rows so far fit one transaction. Left by the chunk that no longer does.
        case gathering([Rows], bytes: Int)
        /// The task is open.
        case receiving(Submissions.Receiving)
        /// The key of this submission stands for one that was accepted: nothing is written, only compared at the end.
        case comparing
    }

    private let context: APIContext
    private var request: Submissions.Request
    private var state = State.gathering([], bytes: 0)
    private(set) var rows = 0

    init(_ request: Submissions.Request, context: APIContext) {
        self.request = request
        self.context = context
    }

    /// Adds a chunk.
    ///
    /// - Parameter bytes: the bytes of the caller's input that it came from.
    mutating func add(_ chunk: Rows, bytes: Int) async throws {
        rows += chunk.count
        switch state {
        case .gathering(let chunks, let gathered):
            let sum = gathered + bytes
            if sum <= Limits.smallSubmissionBytes {
                state = .gathering(chunks + [chunk], bytes: sum)
            } else {
                try await open(with: chunks + [chunk], bytes: sum)
            }
        case .receiving(let receiving):
            try await append([chunk], bytes: bytes, to: receiving)
        case .comparing:
            break
        }
    }

    private mutating func open(with chunks: [Rows], bytes: Int) async throws {
        do {
            let receiving = try await context.submissions.open(request, receiver: context.receiver)
            state = .receiving(receiving)
            try await append(chunks, bytes: bytes, to: receiving)
        } catch is IdempotencyKey.MustCompare {
            state = .comparing
        }
    }

    /// Ends the input; the task is accepted when this returns.
    ///
    /// - Parameter fingerprint: what the submission's key stands for.
    /// - Throws: `IdempotencyKey.Replay` when the very submission was accepted before.
    mutating func finish(fingerprint: [UInt8]) async throws {
        switch state {
        case .gathering(let chunks, let bytes):
            request.key?.fingerprint = fingerprint
            try await context.submissions.submit(request, chunks: chunks, bytes: bytes)
        case .receiving(let receiving):
            try await context.submissions.seal(receiving, fingerprint: request.key == nil ? nil : fingerprint)
        case .comparing:
            let key = IdempotencyKey(request.key!.text, fingerprint: fingerprint)
            try await context.submissions.compare(key, owner: request.draft.owner)
        }
    }

    /// Ends a submission that cannot become whole: what was written of it is declared broken.
    func abandon() async throws {
        guard case .receiving(let receiving) = state else { return }
        try await context.submissions.abandon(receiving, because: .uploadIncomplete)
    }

    private func append(_ chunks: [Rows], bytes: Int, to receiving: Submissions.Receiving) async throws {
        try await context.submissions.append(chunks, to: receiving, bytes: bytes)
    }
}
