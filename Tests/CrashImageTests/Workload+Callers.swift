import Core
import Store
import TestSupport

@testable import Queue

/// What callers do.
extension Workload {
    /// Makes a task whose numbers no other task has.
    func draft(_ sizes: [Int], isWhole: Bool, keepsRecords: Bool = false, key: String? = nil) -> (
        task: Int, request: Submissions.Request
    ) {
        let id = TaskID(at: service.clock.wall.now, using: &generator)
        var next = Float(known.count * 16_384)
        let chunks = sizes.map { size in
            (0..<size).map { _ in
                next += 1
                return next
            }
        }
        let task = ledger.begin(
            .init(
                id: id, chunks: chunks, isWhole: isWhole, records: keepsRecords ? chunks.map(Self.records) : nil,
                key: key))
        known[id] = task
        var request = Submissions.Request(
            draft: .init(id: id, owner: "local", priority: .normal, createdAt: service.clock.wall.now),
            model: Service.identity, output: Service.output,
            key: key.map { IdempotencyKey($0, fingerprint: Self.fingerprint) })
        if keepsRecords { request.draft.kept = .records }
        return (task, request)
    }

    static let fingerprint = [UInt8](repeating: 7, count: 32)

    func incoming(_ task: Int, _ positions: Range<Int>) -> [IncomingChunk] {
        let draft = ledger.all[task].draft
        return positions.map { position in
            let numbers = draft.chunks[position]
            return IncomingChunk(
                rows: Rows(count: numbers.count, columns: [.float(numbers)]), bytes: numbers.count * 4,
                records: draft.records?[position])
        }
    }

    private static func records(_ numbers: [Float]) -> Records {
        let lines = numbers.map { Array("\($0)\n".utf8) }
        return Records(bytes: lines.flatMap { $0 }, lengths: lines.map { UInt32($0.count) })
    }

    func submit(_ sizes: [Int], key: String?) async throws {
        let (task, request) = draft(sizes, isWhole: true, key: key)
        let chunks = incoming(task, 0..<sizes.count)
        try await ledger.promising(.accepted(chunks: sizes.count), of: task) {
            try await service.submissions.submit(request, chunks: chunks)
        }
        ledger.note(.sealed, of: task)
    }

    /// Several callers share one commit.
    func submitTogether() async throws {
        let committer = GroupCommitter(database: service.database)
        let submissions = service.makeSubmissions(committer)
        let ledger = ledger
        var calls: [Task<Void, any Error>] = []
        for count in 1...5 {
            let (task, request) = draft([1], isWhole: true)
            let chunks = incoming(task, 0..<1)
            calls.append(
                Task {
                    try await ledger.promising(.accepted(chunks: 1), of: task) {
                        try await submissions.submit(request, chunks: chunks)
                    }
                })
            while committer.waitingCount < count { await Task.yield() }
        }
        let thread = Service.run(committer)
        for call in calls { try await call.value }
        thread.stop()
        await thread.joined()
    }

    /// Begins an upload, goes on with one, or ends one.
    func upload() async throws {
        guard uploads.count >= 3 || !uploads.isEmpty && Bool.random(using: &generator) else { return try await open() }
        let index = Int.random(in: 0..<uploads.count, using: &generator)
        var upload = uploads.remove(at: index)
        let left = ledger.all[upload.task].draft.chunks.count - upload.sentChunks
        if Int.random(in: 0..<12, using: &generator) == 0 {
            ledger.note(.mayStop, of: upload.task)
            return try await watchingEnd(of: upload.task) {
                try await ledger.promising(.stopped, of: upload.task) {
                    try await service.submissions.abandon(upload.receiving, because: .uploadIncomplete)
                }
            }
        }
        if left == 0 {
            return try await watchingEnd(of: upload.task) {
                try await ledger.promising(.sealed, of: upload.task) {
                    try await service.submissions.seal(
                        upload.receiving, input: upload.request.input, fingerprint: Self.fingerprint)
                }
            }
        }
        let count = min(left, Int.random(in: 1...2, using: &generator))
        let chunks = incoming(upload.task, upload.sentChunks..<(upload.sentChunks + count))
        upload.sentChunks += count
        try await ledger.promising(.accepted(chunks: upload.sentChunks), of: upload.task) {
            try await service.submissions.append(chunks, to: upload.receiving, input: upload.request.input)
        }
        uploads.insert(upload, at: index)
    }

    /// Looks at a task whenever something goes to disk meanwhile: what a reader sees before the flush must not need it.
    private func watchingEnd(of task: Int, _ deed: () async throws -> Void) async throws {
        trace.beforeFlush { [service = service.tasks, ledger] in
            do { try Self.observe([task], service, ledger) } catch { fatalError("\(error)") }
        }
        defer { trace.beforeFlush(nil) }
        try await deed()
        try Self.observe([task], service.tasks, ledger)
    }

    private func open() async throws {
        let isResumable = Bool.random(using: &generator)
        let (task, begun) = draft(
            sizes(upTo: 6, rows: 300), isWhole: false, keepsRecords: true, key: "key \(trace.position)")
        var request = begun
        request.key?.fingerprint = nil
        request.input = StoredInput(options: "[]", header: [UInt8](repeating: 1, count: 50))
        let receiving =
            isResumable
            ? try await openLater(task, request)
            : try await ledger.promising(.accepted(chunks: 0), of: task) {
                try await service.submissions.open(request, receiver: receiver)
            }
        uploads.append(Upload(task: task, request: request, receiving: receiving, isResumable: isResumable))
    }

    /// An upload whose rows so far have their results.
    func openScored() async throws -> (task: Int, receiving: Submissions.Receiving) {
        let (task, request) = draft([2], isWhole: false)
        let receiving = try await service.submissions.open(request, receiver: receiver)
        try await service.submissions.append(incoming(task, 0..<1), to: receiving)
        while let claim = try workers[0].claim(upToRows: 10) { try workers[0].complete(claim) }
        return (task, receiving)
    }

    private func openLater(_ task: Int, _ request: Submissions.Request) async throws -> Submissions.Receiving {
        try await ledger.promising(.accepted(chunks: 0), of: task) {
            try await service.submissions.open(later: request)
        }
        guard let stored = try service.tasks.task(request.draft.id, owner: "local") else {
            throw QueueError.notReceiving
        }
        return try await service.submissions.resume(stored, as: request, at: 0, receiver: receiver).receiving
    }

    func stopOne() async throws {
        guard let (task, stored) = try pick() else { return }
        ledger.note(.mayStop, of: task)
        if try await service.submissions.cancel(stored) { ledger.note(.stopped, of: task) }
        uploads.removeAll { $0.task == task }
    }

    func purgeOne() async throws {
        guard let (task, stored) = try pick() else { return }
        ledger.note(.mayStop, of: task)
        ledger.note(.mayBeSwept, of: task)
        try await ledger.promising(.purged, of: task) { try await service.submissions.purge(stored) }
        uploads.removeAll { $0.task == task }
    }

    private func pick() throws -> (task: Int, stored: StoredTask)? {
        guard let entry = ledger.all.indices.randomElement(using: &generator) else { return nil }
        return try service.tasks.task(ledger.all[entry].draft.id, owner: "local").map { (entry, $0) }
    }
}
