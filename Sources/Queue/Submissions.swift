package import Core
package import Store

/// What a caller's side does with the queue: open a task, append rows, seal it.
///
/// Every verb returns after its commit is on disk, together with those of other callers.
///
/// Comes from: the API. Goes to: ``Leases``.
package final class Submissions: Sendable {
    /// A new task and the model version it is pinned to.
    package struct Request: Sendable {
        package var draft: TaskTable.Draft
        package var model: ModelIdentity
        package var output: ModelOutput
        /// Under which the submission may be repeated; nil for one that is new each time.
        package var key: IdempotencyKey?

        package init(
            draft: TaskTable.Draft, model: ModelIdentity, output: ModelOutput, key: IdempotencyKey? = nil
        ) {
            self.key = key
            self.draft = draft
            self.model = model
            self.output = output
        }
    }

    /// A task that receives rows.
    package struct Receiving: Sendable {
        package let id: TaskID
        let task: Int64
        let model: Int64
        let rank: FairRank
    }

    private let committer: GroupCommitter
    private let files: DatabaseFiles
    private let clock: WallClock
    private let retention: Duration
    private let doorbell: Doorbell

    /// - Parameters:
    ///   - committer: writes the submissions of this process.
    ///   - doorbell: wakes workers after a commit.
    ///   - retention: how long results are kept after a task ended.
    package init(
        database: Database, committer: GroupCommitter, doorbell: Doorbell, clock: WallClock, retention: Duration
    ) {
        self.committer = committer
        files = database.files
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
    }

    /// Accepts a whole task in one transaction: open, append and seal in one.
    ///
    /// - Parameters:
    ///   - chunks: the rows, at least one, in order.
    ///   - bytes: the bytes of the caller's input.
    /// - Throws: ``QueueError/full``, ``IdempotencyKey/Replay`` and the key's errors, or why nothing was written.
    package func submit(_ request: Request, chunks: [Rows], bytes: Int) async throws {
        let now = clock.now
        let retention = retention
        let payloads = chunks.map { EncodedChunk($0) }
        try await committer.write(bytes: payloads.reduce(0) { $0 + $1.payload.count }) { connection in
            let model = try Self.admit(payloads, for: request, in: connection)
            let rank = FairRank(acceptedAt: now, priority: request.draft.priority)
            if payloads.count == 1, payloads[0].rows == 1 {
                let task = try TaskTable.insertSingle(
                    request.draft, model: model, payload: payloads[0].payload, bytes: bytes, in: connection)
                try request.key?.take(for: task, owner: request.draft.owner, at: now, in: connection)
                return try ChunkTable.insert(
                    .first(of: task, payloads[0], model: model, rank: rank), in: connection)
            }
            // The task is sealed in this very transaction, so that no process has to answer for it.
            let task = try TaskTable.open(request.draft, model: model, receiver: 0, in: connection)
            try request.key?.take(for: task, owner: request.draft.owner, at: now, in: connection)
            try Self.append(payloads, to: task, model: model, rank: rank, bytes: bytes, in: connection)
            _ = try TaskTable.seal(task, at: now, retention: retention, in: connection)
        }
        doorbell.ringWorkers()
    }

    /// Accepts a task whose rows follow.
    ///
    /// - Parameter receiver: this process; when it dies, the keeper ends the task as broken.
    package func open(_ request: Request, receiver: Owner) async throws -> Receiving {
        let now = clock.now
        let rank = FairRank(acceptedAt: now, priority: request.draft.priority)
        return try await committer.write(bytes: 0) { connection in
            let model = try Self.admit([], for: request, in: connection)
            let task = try TaskTable.open(request.draft, model: model, receiver: receiver.key, in: connection)
            try request.key?.take(for: task, owner: request.draft.owner, at: now, in: connection)
            return Receiving(id: request.draft.id, task: task, model: model, rank: rank)
        }
    }

    /// Compares a submission that is now known whole with the one that was accepted under its key.
    ///
    /// - Throws: always: ``IdempotencyKey/Replay`` for the same one, else ``QueueError/keyMismatch`` or
    ///   ``QueueError/keyInProgress``.
    package func compare(_ key: IdempotencyKey, owner: String) async throws -> Never {
        let now = clock.now
        try await committer.write(bytes: 0) { try key.check(owner: owner, at: now, in: $0) }
        throw QueueError.keyInProgress
    }

    /// Appends rows, which may run from now on.
    ///
    /// - Parameter bytes: the bytes of the caller's input that these rows are.
    /// It waits while the write-ahead log is full: uploads must not outrun the keeper.
    ///
    /// - Throws: ``QueueError/notReceiving`` when the task has ended meanwhile; ``QueueError/full``;
    ///   ``QueueError/logFull`` after a bounded wait.
    package func append(_ chunks: [Rows], to receiving: Receiving, bytes: Int) async throws {
        try await waitForLog()
        let payloads = chunks.map { EncodedChunk($0) }
        try await committer.write(bytes: payloads.reduce(0) { $0 + $1.payload.count }) { connection in
            try Self.checkRoom(for: payloads, in: connection)
            try Self.append(
                payloads, to: receiving.task, model: receiving.model, rank: receiving.rank, bytes: bytes, in: connection
            )
        }
        doorbell.ringWorkers()
    }

    /// Ends the input: all rows are here.
    ///
    /// - Parameter fingerprint: what the submission's key, if it has one, stands for from now on.
    /// - Throws: ``QueueError/notReceiving`` when the task has ended meanwhile.
    package func seal(_ receiving: Receiving, fingerprint: [UInt8]? = nil) async throws {
        let now = clock.now
        let retention = retention
        let status = try await committer.write(bytes: 0) { connection in
            if let fingerprint {
                try IdempotencyTable.complete(task: receiving.task, fingerprint: fingerprint, in: connection)
            }
            return try TaskTable.seal(receiving.task, at: now, retention: retention, in: connection)
        }
        guard let status else { throw QueueError.notReceiving }
        if status.isFinal { doorbell.announce([receiving.id]) }
    }

    /// Ends a task whose input will never be whole; rows that were scored stay readable.
    package func abandon(_ receiving: Receiving, because failure: ErrorCode) async throws {
        let now = clock.now
        let retention = retention
        try await committer.write(bytes: 0) { connection in
            _ = try BrokenUploads.end(
                receiving.task, because: failure, at: now, retention: retention, in: connection)
        }
        doorbell.announce([receiving.id])
    }

    /// Asks for a task to be stopped; the keeper does it, and rows scored before stay readable.
    ///
    /// - Returns: false when the task had ended, or was being stopped already.
    package func cancel(_ task: StoredTask) async throws -> Bool {
        try await committer.write(bytes: 0) { try TaskTable.beginCancelling(task.key, in: $0) }
    }

    /// Stops a task if need be, and deletes its rows and results for good; its record stays.
    package func purge(_ task: StoredTask) async throws {
        let now = clock.now
        try await committer.write(bytes: 0) { connection in
            _ = try TaskTable.beginCancelling(task.key, in: connection)
            try TaskTable.purge(task.key, at: now, in: connection)
        }
    }

    private func waitForLog() async throws {
        var waited = Duration.zero
        while files.logBytes > Limits.logBytes {
            if waited >= Limits.uploadWait { throw QueueError.logFull }
            try await Task.sleep(for: Limits.uploadPoll)
            waited += Limits.uploadPoll
        }
    }

    // MARK: Inside the transaction

    private static func admit(
        _ chunks: [EncodedChunk], for request: Request, in connection: Connection
    ) throws -> Int64 {
        try checkRoom(for: chunks, in: connection)
        return try ModelTable.key(of: request.model, output: request.output, in: connection)
    }

    private static func checkRoom(for chunks: [EncodedChunk], in connection: Connection) throws {
        let rows = chunks.reduce(0) { $0 + $1.rows }
        if try BacklogTable.rows(in: connection) + rows > Limits.waitingRows { throw QueueError.full }
    }

    private static func append(
        _ chunks: [EncodedChunk], to task: Int64, model: Int64, rank: FairRank, bytes: Int, in connection: Connection
    ) throws {
        for (index, chunk) in chunks.enumerated() {
            let place = try TaskTable.append(
                to: task, rows: chunk.rows, bytes: index == 0 ? bytes : 0, in: connection)
            guard let place else { throw QueueError.notReceiving }
            let key = ChunkKey(task: task, position: place.position)
            try PayloadTable.insert(key, body: chunk.payload, in: connection)
            try ChunkTable.insert(
                NewChunk(
                    key: key, model: model, rank: rank.rank(ofRow: place.firstRow), firstRow: place.firstRow,
                    rows: chunk.rows, bytes: chunk.payload.count), in: connection)
        }
    }
}

/// A chunk's rows, encoded before the gate is entered.
struct EncodedChunk: Sendable {
    let rows: Int
    let payload: [UInt8]

    init(_ rows: Rows) {
        self.rows = rows.count
        payload = rows.encoded()
    }
}

extension NewChunk {
    /// The only chunk of a one-row task.
    fileprivate static func first(of task: Int64, _ chunk: EncodedChunk, model: Int64, rank: FairRank) -> NewChunk {
        NewChunk(
            key: ChunkKey(task: task, position: 0), model: model, rank: rank.rank(ofRow: 0), firstRow: 0, rows: 1,
            bytes: chunk.payload.count)
    }
}
