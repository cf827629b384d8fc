package import Core
package import Store
internal import Synchronization

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
        /// What a row is expected to cost a worker, in microseconds.
        package var rowCost: Double
        /// Before when no row may run; nil for at once.
        package var notBefore: WallTime?
        /// Whether nothing may run before all rows are here: an input that must be right as a whole.
        package var isHeld = false
        /// A stranded task whose rows these are, and which fails in the moment that this one is accepted.
        package var replaced: StoredTask?
        /// How the rows' stream is read; nil for rows of a JSON body.
        package var input: StoredInput?

        package init(
            draft: TaskTable.Draft, model: ModelIdentity, output: ModelOutput, key: IdempotencyKey? = nil,
            rowCost: Double = 50
        ) {
            self.key = key
            self.draft = draft
            self.model = model
            self.output = output
            self.rowCost = rowCost
        }

    }

    /// A task that receives rows, and the right to send them.
    package struct Receiving: Sendable {
        package let id: TaskID
        let task: Int64
        let model: Int64
        let receiver: Int64
        let rank: FairRank
        let start: ChunkStart
        let isResumable: Bool
        /// The stranded task that fails when this one is sealed.
        var replaced: StoredTask?
    }

    let committer: GroupCommitter
    let clock: WallClock
    let retention: Duration
    let doorbell: Doorbell
    private let database: Database
    let room: Room
    private let takeovers = Atomic<UInt32>(0)

    /// - Parameters:
    ///   - committer: writes the submissions of this process.
    ///   - doorbell: wakes workers after a commit.
    ///   - retention: how long results are kept after a task ended.
    ///   - room: how much may wait.
    package init(
        database: Database, committer: GroupCommitter, doorbell: Doorbell, clock: WallClock, retention: Duration,
        room: Room = Room()
    ) {
        self.room = room
        self.committer = committer
        self.database = database
        self.doorbell = doorbell
        self.clock = clock
        self.retention = retention
    }

    /// A token that no other upload of any process ever had.
    func makeReceiver(_ owner: Owner) -> Int64 {
        // Comes round after two billion uploads of one process, like the claims' tokens.
        FencingTokens.token(
            takeovers.wrappingAdd(1, ordering: .relaxed).oldValue, of: TaskTable.firstToken(of: owner.key))
    }

    /// Accepts a whole task in one transaction: open, append and seal in one.
    ///
    /// - Parameters:
    ///   - chunks: the rows, at least one, in order.
    ///   - tailBytes: bytes of the caller's input after the last row.
    /// - Throws: the room's and the disk's errors, ``IdempotencyKey/Replay`` and the key's errors, or why nothing was
    ///   written.
    package func submit(_ request: Request, chunks: [IncomingChunk], tailBytes: Int = 0) async throws {
        try checkDisk()
        let now = clock.now
        let retention = retention
        let chunks = chunks.map { EncodedChunk($0) }
        let bytes = chunks.reduce(0) { $0 + $1.storedBytes }
        try await committer.write(bytes: bytes, reaching: .rows, announce: ring) { [room] connection in
            let rows = chunks.reduce(0) { $0 + $1.rows }
            try room.check(adding: rows, bytes: bytes, replacing: request.replaced, in: connection)
            if let replaced = request.replaced { try Stopping.replace(replaced, in: connection) }
            let model = try ModelTable.key(of: request.model, output: request.output, in: connection)
            if request.input == nil, chunks.count == 1, chunks[0].rows == 1 {
                return try Self.submitSingle(chunks[0], request, model: model, at: now, in: connection)
            }
            // The task is sealed in this very transaction, so that no process has to answer for it.
            let receiving = try Self.open(
                request, rows: rows, model: model, receiver: TaskTable.nobody, idleUntil: nil, at: now, in: connection)
            try Self.append(chunks, to: receiving, in: connection)
            try receiving.start.release(receiving.task, model: model, at: now, in: connection)
            _ = try TaskTable.seal(
                receiving.task, receiver: receiving.receiver, tailBytes: tailBytes, at: now, retention: retention,
                in: connection)
        }
    }

    /// Wakes workers; once a commit, not once a submission.
    private var ring: @Sendable () -> Void { { [doorbell] in doorbell.ringWorkers() } }

    private static func submitSingle(
        _ chunk: EncodedChunk, _ request: Request, model: Int64, at now: WallTime, in connection: Connection
    ) throws {
        let task = try TaskTable.insertSingle(
            request.draft, model: model, payload: chunk.payload, bytes: chunk.bytes, in: connection)
        try request.key?.take(for: task, owner: request.draft.owner, at: now, in: connection)
        let key = ChunkKey(task: task, position: 0)
        let queued = NewChunk(
            key: key, model: model,
            rank: try request.rank(of: model, rows: 1, in: connection).rank(ofRow: 0, count: 1), firstRow: 0, rows: 1,
            bytes: chunk.payload.count)
        try ChunkStart(notBefore: request.notBefore, isHeld: false).queue(queued, in: connection)
    }

    /// Accepts a task whose rows follow.
    ///
    /// - Parameter receiver: this process; when it dies, the keeper ends the task as broken.
    /// - Throws: ``QueueError/ownershipLost`` when this process was declared dead; the room's and the disk's errors,
    ///   and the key's.
    package func open(_ request: Request, receiver: Owner) async throws -> Receiving {
        try checkDisk()
        let now = clock.now
        let token = makeReceiver(receiver)
        return try await committer.write(bytes: 0, reaching: .rows) { [room] connection in
            try Self.checkOwner(receiver, in: connection)
            try room.check(adding: 0, replacing: request.replaced, in: connection)
            let model = try ModelTable.key(of: request.model, output: request.output, in: connection)
            return try Self.open(
                request, model: model, receiver: token, idleUntil: nil, at: now, in: connection)
        }
    }

    /// Appends rows, which may run from now on unless they are held.
    ///
    /// It waits a bounded time while the write-ahead log or the queue is full: uploads must not outrun keeper and workers.
    ///
    /// - Parameter input: what is known of the stream by now; nil when nothing new is.
    /// - Throws: ``QueueError/notReceiving`` when the task has ended meanwhile, or another receives it;
    ///   the room's errors and ``QueueError/logFull`` after a bounded wait; ``QueueError/diskLow``.
    package func append(
        _ chunks: [IncomingChunk], to receiving: Receiving, input: StoredInput? = nil
    ) async throws {
        var waited = Duration.zero
        try await waitForLog(&waited)
        try checkDisk()
        let chunks = chunks.map { EncodedChunk($0) }
        let idleUntil = receiving.isResumable ? clock.now + Limits.uploadIdle : nil
        let bytes = chunks.reduce(0) { $0 + $1.storedBytes }
        let rows = chunks.reduce(0) { $0 + $1.rows }
        while true {
            do {
                return try await committer.write(bytes: bytes, reaching: .rows, announce: ring) { [room] connection in
                    try room.check(
                        adding: rows, bytes: bytes, replacing: receiving.replaced, in: connection)
                    try Self.append(chunks, to: receiving, in: connection)
                    // Without a chunk nothing has yet said that this sender is still the one.
                    guard try TaskTable.isReceived(receiving.task, by: receiving.receiver, in: connection) else {
                        throw QueueError.notReceiving
                    }
                    if let input { try InputTable.put(input, of: receiving.task, idleUntil: idleUntil, in: connection) }
                }
            } catch let error as QueueError where error.isOfRoom && waited < Limits.uploadWait {
                try await pause(&waited)
            }
        }
    }

    /// Ends the input: all rows are here.
    ///
    /// - Parameters:
    ///   - input: what is known of the stream; nil when nothing new is.
    ///   - tailBytes: bytes of the input after the last row.
    ///   - fingerprint: what the submission's key, if it has one, stands for from now on.
    ///   - answer: what only the first answer knew, for those who repeat the submission.
    /// - Throws: ``QueueError/notReceiving`` when the task has ended meanwhile, or another receives it.
    package func seal(
        _ receiving: Receiving, input: StoredInput? = nil, tailBytes: Int = 0, fingerprint: [UInt8]? = nil,
        answer: String? = nil
    ) async throws {
        let now = clock.now
        let retention = retention
        let status = try await committer.write(bytes: 0, reaching: .rows, mayEndTask: true, announce: ring) {
            connection in
            if let replaced = receiving.replaced { try Stopping.replace(replaced, in: connection) }
            if let fingerprint {
                try IdempotencyTable.complete(
                    task: receiving.task, fingerprint: fingerprint, answer: answer, in: connection)
            }
            if let input { try InputTable.put(input, of: receiving.task, idleUntil: nil, in: connection) }
            try InputTable.close(receiving.task, in: connection)
            let status = try TaskTable.seal(
                receiving.task, receiver: receiving.receiver, tailBytes: tailBytes, at: now, retention: retention,
                in: connection)
            guard let status else { throw QueueError.notReceiving }
            try receiving.start.release(receiving.task, model: receiving.model, at: now, in: connection)
            return status
        }
        if status.isFinal { doorbell.announce([EndedTask(id: receiving.id, status: status)]) }
    }

    private func waitForLog(_ waited: inout Duration) async throws {
        while database.log.bytes > Limits.logBytes {
            if waited >= Limits.uploadWait { throw QueueError.logFull }
            try await pause(&waited)
        }
    }

    private func pause(_ waited: inout Duration) async throws {
        try await Task.sleep(for: Limits.uploadPoll)
        waited += Limits.uploadPoll
    }

    /// Finds out whether a submission would be accepted now, by a real commit.
    ///
    /// - Throws: why it would not.
    package func probe() async throws {
        try checkDisk()
        try await committer.write(bytes: 0, reaching: .rows) { [room] connection in
            try room.check(adding: 1, in: connection)
            try Probe.write(in: connection)
        }
    }

    /// Refuses what would be refused later too, without a look at the database.
    ///
    /// - Parameter rows: those that wait, as they were counted a moment ago.
    /// - Throws: ``QueueError/diskLow``, ``QueueError/full(waiting:limit:)``.
    package func requireRoom(beside rows: Int) throws {
        try checkDisk()
        if rows >= room.rows { throw QueueError.full(waiting: rows, limit: room.rows) }
    }

    /// What was accepted must be able to end: results and deletions need room too.
    ///
    /// - Throws: ``QueueError/diskLow``.
    func checkDisk() throws {
        if let free = database.freeDiskBytes, free < Limits.freeDiskBytes { throw QueueError.diskLow }
    }

    // MARK: Inside the transaction

    static func open(
        _ request: Request, rows: Int? = nil, model: Int64, receiver: Int64, idleUntil: WallTime?, at now: WallTime,
        in connection: Connection
    ) throws -> Receiving {
        let task = try TaskTable.open(request.draft, model: model, receiver: receiver, in: connection)
        try request.key?.take(for: task, owner: request.draft.owner, at: now, in: connection)
        if let input = request.input { try InputTable.put(input, of: task, idleUntil: idleUntil, in: connection) }
        return Receiving(
            id: request.draft.id, task: task, model: model, receiver: receiver,
            rank: try request.rank(of: model, rows: rows, in: connection),
            start: ChunkStart(notBefore: request.notBefore, isHeld: request.isHeld), isResumable: idleUntil != nil,
            replaced: request.replaced)
    }

    /// An upload of a process that is no longer on the list would be nobody's: the keeper does not look for it.
    static func checkOwner(_ owner: Owner, in connection: Connection) throws {
        guard try OwnerTable.exists(owner.key, in: connection) else { throw QueueError.ownershipLost }
    }

    private static func append(_ chunks: [EncodedChunk], to receiving: Receiving, in connection: Connection) throws {
        for chunk in chunks {
            let place = try TaskTable.append(
                to: receiving.task, receiver: receiving.receiver, rows: chunk.rows, bytes: chunk.bytes, in: connection)
            guard let place else { throw QueueError.notReceiving }
            guard place.position < ChunkKey.positions else { throw QueueError.tooManyChunks }
            let key = ChunkKey(task: receiving.task, position: place.position)
            try PayloadTable.insert(key, body: chunk.payload, in: connection)
            if let records = chunk.records { try RecordTable.insert(key, body: records, in: connection) }
            let queued = NewChunk(
                key: key, model: receiving.model, rank: receiving.rank.rank(ofRow: place.firstRow, count: chunk.rows),
                firstRow: place.firstRow, rows: chunk.rows, bytes: chunk.payload.count)
            try receiving.start.queue(queued, in: connection)
        }
    }
}
