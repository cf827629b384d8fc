import Core
import Store
import TestSupport

@testable import Queue

/// Compares one task of an image with what its caller was told.
struct TaskCheck {
    private let draft: Ledger.Draft
    private let promises: Promises
    private let service: Service
    private let isDrained: Bool
    private let stored: StoredTask?

    /// - Parameter isDrained: whether the work that was left has been done since.
    init(_ entry: Ledger.Entry, at point: Int, in service: Service, isDrained: Bool) throws {
        draft = entry.draft
        promises = entry.promises(at: point)
        self.service = service
        self.isDrained = isDrained
        stored = try service.tasks.task(draft.id, owner: "local")
    }

    /// - Parameter connection: reads the image.
    func faults(in connection: Connection) throws -> [String] {
        guard let stored else { return promises.chunks == nil || mayBeForgotten ? [] : ["was accepted and is gone"] }
        if !promises.wasSent { return ["was never sent"] }
        var faults = recordFaults(stored)
        let chunks = try count(of: stored, in: connection)
        if let promised = promises.chunks, chunks < promised { faults.append("\(chunks) of \(promised) chunks") }
        if draft.isWhole, chunks != draft.chunks.count { faults.append("only \(chunks) chunks") }
        if !stored.isSwept {
            for position in 0..<chunks { faults += try chunkFaults(stored, position, in: connection) }
            faults += try keyFaults(in: connection)
        }
        if isDrained { faults += try endFaults(stored) }
        return faults
    }

    /// Whether waiting chunks may be gone: someone stopped the task, or its upload ended with the power.
    private var mayHaveStopped: Bool {
        promises.mayStop || isDrained && stored?.task.failure == .uploadIncomplete
    }

    /// Whether not even the record need be there: one row, whose time is over.
    private var mayBeForgotten: Bool {
        draft.chunks.reduce(0) { $0 + $1.count } == 1 && (promises.mayBeSwept || promises.isPurged)
    }

    /// The task as a whole.
    private func recordFaults(_ stored: StoredTask) -> [String] {
        var faults: [String] = []
        let task = stored.task
        if promises.isSealed, !promises.mayStop, task.input != .complete { faults.append("input is \(task.input)") }
        if let (status, counts) = promises.end, task.status != status || task.rows != counts {
            faults.append("ended \(status) with \(counts), now \(task.status) with \(task.rows)")
        }
        if promises.isStopped, promises.end == nil, task.status != .cancelling, !task.status.isFinal {
            faults.append("was stopped and is \(task.status)")
        }
        if promises.isPurged, !stored.isSwept { faults.append("was purged and is still there") }
        if stored.isSwept, !promises.mayBeSwept { faults.append("was swept") }
        return faults
    }

    private func count(of stored: StoredTask, in connection: Connection) throws -> Int {
        try connection.first("SELECT chunks FROM task WHERE key = ?", .integer(stored.key)) { $0.int(0) } ?? 0
    }

    /// One chunk: its result is there, or else what it is made from.
    private func chunkFaults(_ stored: StoredTask, _ position: Int, in connection: Connection) throws -> [String] {
        let numbers = draft.chunks[position]
        let key = ChunkKey(task: stored.key, position: position)
        let result =
            try connection.first("SELECT body FROM result WHERE chunk = ?", .integer(key.rawValue)) {
                try Predictions(result: $0.blob(0))
            } ?? (draft.chunks.count == 1 ? stored.result : nil)
        if let records = draft.records, !mayHaveStopped || result != nil {
            if try RecordTable.find(key, in: connection) != records[position] {
                return ["records of chunk \(position) differ"]
            }
        }
        if let result {
            return result.values == numbers.map { Double($0) * 2 } ? [] : ["result of chunk \(position) differs"]
        }
        if promises.scored.contains(position) { return ["result of chunk \(position) was seen and is gone"] }
        if mayHaveStopped { return [] }
        guard let input = try PayloadTable.find(key, in: connection) else { return ["chunk \(position) is gone"] }
        return try input.numbers == numbers ? [] : ["input of chunk \(position) differs"]
    }

    /// A caller who did not hear the answer may ask again under the same key.
    private func keyFaults(in connection: Connection) throws -> [String] {
        guard let key = draft.key, !promises.mayStop, !isDrained else { return [] }
        let found = try IdempotencyTable.find(key, owner: "local", at: service.clock.wall.now, in: connection)
        guard let found, found.task == draft.id else { return ["its key would make a second task"] }
        if promises.isSealed, found.fingerprint != Workload.fingerprint { return ["its key lost its fingerprint"] }
        return []
    }

    /// After all work is done every task has ended, with each row once.
    private func endFaults(_ stored: StoredTask) throws -> [String] {
        let task = stored.task
        if !task.status.isFinal { return ["is \(task.status) for ever"] }
        if stored.isSwept { return [] }
        let parts = try service.tasks.results(of: stored, from: .start, limit: .max).parts
        // A task that was stopped has gaps where chunks never ran.
        var next = 0
        for part in parts {
            let numbers = draft.chunks[part.position]
            let firstRow = draft.chunks[..<part.position].reduce(0) { $0 + $1.count }
            let isRight =
                part.position >= next && part.firstRow == firstRow && part.rows == 0..<numbers.count
                && part.predictions.values == numbers.map { Double($0) * 2 }
            if !isRight { return ["results of chunk \(part.position) differ"] }
            next = part.position + 1
        }
        if mayHaveStopped { return [] }
        let isComplete =
            task.status == .completed && task.rows.succeeded == task.rows.total && parts.count == draft.chunks.count
        return isComplete ? [] : ["ended \(task.status) with \(parts.count) chunks"]
    }
}
