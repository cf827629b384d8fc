internal import Core
internal import Queue
internal import Store

/// A stream's rows on their way into the queue: kept in memory while they are few, written chunk by chunk when they grow.
///
/// Few rows become one transaction. Of many the task is opened, so that its first rows run while the rest arrives.
struct Upload {
    private enum State {
        /// All rows so far fit one transaction. Left by the chunk that no longer does.
        case gathering([IncomingChunk], bytes: Int)
        /// The task is open. Chunks that came since the last commit wait for more, up to the end of a piece of the stream.
        case receiving(Submissions.Receiving, isResumable: Bool)
        /// The key of this submission stands for one that was accepted: nothing is written, only compared at the end.
        case comparing
        /// The rows are only looked at.
        case sampling(RowSample)
    }

    /// What a row counts at least, when its bytes are not the caller's.
    private static let leastRowBytes = 16

    private let context: APIContext
    private var request: Submissions.Request
    private var state: State
    private(set) var rows = 0
    /// What is known of the stream at its end.
    private var input: StoredInput?
    private var tailBytes = 0
    /// Chunks of the open task that are not written yet.
    private let waiting = WaitingChunks()

    /// A stream that comes in one request, under a task of its own.
    init(_ request: Submissions.Request, context: APIContext) {
        self.request = request
        self.context = context
        state = .gathering([], bytes: 0)
    }

    /// A stream that goes on where it broke, or begins, in a task that is open already.
    init(resuming resumed: Submissions.Resumed, as request: Submissions.Request, context: APIContext) {
        self.request = request
        self.context = context
        state = .receiving(resumed.receiving, isResumable: true)
    }

    /// A stream of which nothing is kept.
    init(sampling request: Submissions.Request, context: APIContext) {
        self.request = request
        self.context = context
        state = .sampling(RowSample())
    }

    /// The first rows of a stream that is only looked at.
    var sample: RowSample? { if case .sampling(let sample) = state { sample } else { nil } }

    /// Adds a chunk, and writes what was added once it is worth a commit.
    ///
    /// - Parameter input: what is known of the stream with it.
    mutating func add(_ chunk: IncomingChunk, input: StoredInput?) async throws {
        try await take(chunk, input: input)
        if waiting.isFull { try await flush() }
    }

    /// Adds a chunk, and returns before it is written, so that the next is scanned meanwhile.
    ///
    /// One commit is on its way at most: chunks are written in order, and memory holds those of two; see ``WaitingChunks``.
    ///
    /// - Parameter writing: whoever made it waits for the last commit.
    /// - Throws: also what went wrong with the commit before.
    mutating func add(
        _ chunk: IncomingChunk, input: StoredInput?, writing: inout ThrowingTaskGroup<Void, any Error>
    ) async throws {
        try await take(chunk, input: input)
        if waiting.isFull { try await flush(&writing) }
    }

    private mutating func take(_ chunk: IncomingChunk, input: StoredInput?) async throws {
        rows += chunk.rows.count
        switch state {
        case .gathering(let chunks, let gathered):
            let sum = gathered + Self.bytes(of: chunk)
            if sum <= Limits.smallSubmissionBytes, chunks.count < Limits.appendedChunks {
                state = .gathering(chunks + [chunk], bytes: sum)
            } else {
                try await open(with: chunks + [chunk], input: input)
            }
        case .receiving(_, let isResumable):
            // Who goes on after a break needs to know how far the stream was read.
            waiting.add(chunk, bytes: Self.bytes(of: chunk), input: isResumable ? input : nil)
        case .sampling(var sample):
            sample.add(chunk.rows)
            state = .sampling(sample)
        case .comparing:
            break
        }
    }

    /// Begins to write what was added and still waits, or leaves it to the commit that follows the one on its way.
    ///
    /// - Throws: what went wrong with a commit before.
    mutating func flush(_ writing: inout ThrowingTaskGroup<Void, any Error>) async throws {
        if let write = beginWriting() {
            // The one before has nothing left to write.
            try await writing.next()
            writing.addTask(operation: write)
        } else {
            await waiting.waitForRoom()
        }
        if waiting.hasFailed { try await writing.next() }
    }

    private mutating func flush() async throws { try await beginWriting()?() }

    /// - Returns: what writes all that waits, and what is added meanwhile; nil when nothing waits, or it is being done.
    private func beginWriting() -> (@Sendable () async throws -> Void)? {
        guard case .receiving(let receiving, _) = state, waiting.begin() else { return nil }
        return { [submissions = context.submissions, waiting] in
            do {
                while let batch = waiting.next() {
                    try await submissions.append(batch.chunks, to: receiving, input: batch.input)
                }
            } catch {
                waiting.giveUp()
                throw error
            }
        }
    }

    private static func bytes(of chunk: IncomingChunk) -> Int {
        max(chunk.bytes, chunk.rows.count * leastRowBytes)
    }

    private mutating func open(with chunks: [IncomingChunk], input: StoredInput?) async throws {
        do {
            let receiving = try await context.submissions.open(request, receiver: context.receiver)
            state = .receiving(receiving, isResumable: false)
            try await context.submissions.append(chunks, to: receiving, input: input)
        } catch is IdempotencyKey.MustCompare {
            state = .comparing
        }
    }

    /// Notes that the stream has ended whole.
    mutating func end(_ input: StoredInput, tailBytes: Int) {
        self.input = input
        self.tailBytes = tailBytes
    }

    /// Ends the input; the task is accepted when this returns.
    ///
    /// - Parameter key: the submission's key, with what it stands for.
    /// - Throws: `IdempotencyKey.Replay` when the very submission was accepted before.
    mutating func finish(under key: IdempotencyKey?) async throws {
        try await flush()
        switch state {
        case .gathering(let chunks, _):
            request.key = key
            request.input = input
            try await context.submissions.submit(request, chunks: chunks, tailBytes: tailBytes)
        case .receiving(let receiving, let isResumable):
            try await context.submissions.seal(
                receiving, input: input, tailBytes: tailBytes,
                fingerprint: isResumable ? nil : key?.fingerprint, answer: key?.answer)
        case .comparing:
            guard let key else { throw QueueError.keyInProgress }
            try await context.submissions.compare(key, owner: request.draft.owner)
        case .sampling:
            break
        }
    }

    /// Lets go of a stream of which more parts will come.
    mutating func pause() async throws {
        try await flush()
        if case .receiving(let receiving, _) = state { try await context.submissions.pause(receiving) }
    }

    /// Lets go of a stream that broke: what may go on is left open, anything else is declared broken.
    func abandon(because error: any Error) async {
        guard case .receiving(let receiving, let isResumable) = state else { return }
        let failure = Self.failure(for: error, isResumable: isResumable)
        let refusal = failure.flatMap { Refusal(error, as: $0)?.text }
        let submissions = context.submissions
        await context.persistence.run {
            if let failure {
                try await submissions.abandon(receiving, because: failure, refusal: refusal)
            } else {
                try await submissions.pause(receiving)
            }
        }
    }

    /// Why a task fails whose stream ended with an error; nil when the stream may go on.
    static func failure(for error: any Error, isResumable: Bool) -> ErrorCode? {
        switch (error as? any CodedError)?.code {
        case .bodyTooLarge: .limitReached
        case .queueFull, .diskLow: isResumable ? nil : .limitReached
        case nil, .shuttingDown, .bodyIncomplete, .requestTimeout, .internalError, .uploadEnded, .taskEnded,
            .invalidParameter, .storageBusy, .storageFailed:
            isResumable ? nil : .uploadIncomplete
        case .some(let code): code
        }
    }
}

/// The first rows of a stream, as far as they are right.
struct RowSample {
    private(set) var rows: Rows?

    /// Adds the rows of the next chunk until there are enough.
    mutating func add(_ chunk: Rows) {
        // One chunk with any right row is enough: a chunk has hundreds.
        guard rows == nil, chunk.validCount > 0 else { return }
        rows = chunk.firstValid(Limits.sampleRows)
    }
}
