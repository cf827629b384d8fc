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
    }

    private let context: APIContext
    private let request: Submissions.Request
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
                let receiving = try await context.submissions.open(request, receiver: context.receiver)
                state = .receiving(receiving)
                try await append(chunks + [chunk], bytes: sum, to: receiving)
            }
        case .receiving(let receiving):
            try await append([chunk], bytes: bytes, to: receiving)
        }
    }

    /// Ends the input; the task is accepted when this returns.
    mutating func finish() async throws {
        switch state {
        case .gathering(let chunks, let bytes):
            try await context.submissions.submit(request, chunks: chunks, bytes: bytes)
        case .receiving(let receiving):
            try await context.submissions.seal(receiving)
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
