internal import Core
internal import Store

/// What became of a task's failed rows when they were run again: of each row the newest success, or else its newest failure.
///
/// A retry's rows are the first task's failures, in their order, and are found by that place: a retry that was cancelled, or
/// still runs, has some of them only. A retry may have retries of its own, of what failed again.
///
/// Comes from: the tasks that ran them. Goes to: the answer with `include=retries`.
struct Retries: Sendable {
    private var failed: FailedRows
    private var runs: [RetryRun]

    /// Finds a task's retries.
    ///
    /// - Parameter cursor: where the rows begin whose outcomes will be asked for.
    /// - Returns: nil when there are none.
    static func find(
        of stored: StoredTask, from cursor: ResultCursor, context: APIContext
    ) async throws -> Retries? {
        var budget = Limits.readRetries
        return try await find(of: stored, from: cursor, context: context, budget: &budget)
    }

    /// - Parameter budget: how many more may be read.
    private static func find(
        of stored: StoredTask, from cursor: ResultCursor = .start, context: APIContext, budget: inout Int
    ) async throws -> Retries? {
        // Only a task that has ended whole can be retried.
        guard stored.task.status.isFinal, stored.task.isWhole, budget > 0 else { return nil }
        let found = try await context.reading.read { [tasks = context.tasks, budget] in
            try tasks.retries(of: stored, limit: budget)
        }
        if found.isEmpty { return nil }
        budget -= found.count
        var runs: [RetryRun] = []
        for task in found {
            let again = try await find(of: task, context: context, budget: &budget)
            runs.append(RetryRun(task, again: again, context: context))
        }
        return Retries(failed: FailedRows(of: stored, from: cursor, context: context), runs: runs)
    }

    /// What a row has come to by now.
    ///
    /// - Parameters:
    ///   - row: a row that failed, behind that of the call before.
    ///   - first: what it came to in the task itself.
    mutating func outcome(of row: Int, after first: RowOutcome) async throws -> RowOutcome {
        guard let place = try await failed.place(of: row) else { return first }
        var best = first
        for index in runs.indices {
            if let other = try await runs[index].outcome(of: place), other.outranks(best) { best = other }
        }
        return best
    }

    /// Puts what became of a page's rows that failed in the place of their failure.
    mutating func merge(_ page: ResultPage) async throws -> ResultPage {
        var merged = page
        for (index, part) in page.parts.enumerated()
        where part.predictions.faults.contains(where: { part.rows.contains($0.row) && $0.code.isRetryable }) {
            merged.parts[index].predictions = try await merge(part)
        }
        return merged
    }

    private mutating func merge(_ part: ResultPage.Part) async throws -> Predictions {
        let first = part.predictions
        var merged = Predictions(
            count: first.count, width: first.width, values: [], precision: first.precision, ids: first.ids)
        var cursor = RowCursor(ResultPage.Part(predictions: first, firstRow: 0, rows: 0..<first.count))
        for row in 0..<first.count {
            var outcome = RowOutcome(task: 0, in: first.precision, cursor.take(row))
            if part.rows.contains(row), outcome.isRetryable {
                let found = try await self.outcome(of: part.firstRow + row, after: outcome)
                if found.fault != nil || found.values.count == first.width { outcome = found }
            }
            if var fault = outcome.fault {
                fault.row = row
                merged.faults.append(fault)
            } else {
                merged.values += outcome.values
                // A chunk that failed as a whole has no precision of its own.
                if outcome.precision == .double { merged.precision = .double }
            }
        }
        return merged
    }
}

/// One run of a row: what it came to.
struct RowOutcome: Sendable {
    /// The key of the task in which it ran; 0 for the task that was asked for.
    let task: Int64
    let values: ArraySlice<Double>
    let fault: RowFault?
    /// What the values were computed in.
    let precision: Precision

    init(task: Int64, in precision: Precision, _ result: (values: ArraySlice<Double>, fault: RowFault?)) {
        (self.task, self.precision) = (task, precision)
        (values, fault) = result
    }

    /// Whether the row failed so that it may run again.
    var isRetryable: Bool { fault?.code.isRetryable == true }

    /// Whether this is what the row stands with: a success before a failure, and the newer of two alike.
    func outranks(_ other: RowOutcome) -> Bool {
        if (fault == nil) != (other.fault == nil) { return fault == nil }
        return task > other.task
    }
}

/// One task that ran failed rows of another again: its rows by number.
private struct RetryRun: Sendable {
    private let stored: StoredTask
    private let context: APIContext
    /// What became of its own failures.
    private var again: Retries?
    /// The chunk that was read last: the row asked for is in it, or before it and in none.
    private var part: ResultPage.Part?
    private var isAtEnd = false

    init(_ stored: StoredTask, again: Retries?, context: APIContext) {
        self.stored = stored
        self.again = again
        self.context = context
    }

    /// What a row of this task came to, here or where it ran again.
    ///
    /// - Parameter row: behind that of the call before.
    /// - Returns: nil for a row that has not run, or will not.
    mutating func outcome(of row: Int) async throws -> RowOutcome? {
        try await read(reaching: row)
        guard let part, part.firstRow <= row else { return nil }
        let place = row - part.firstRow
        var cursor = RowCursor(ResultPage.Part(predictions: part.predictions, firstRow: 0, rows: place..<place + 1))
        let own = RowOutcome(task: stored.key, in: part.predictions.precision, cursor.take(place))
        guard own.isRetryable, let outcome = try await again?.outcome(of: row, after: own) else { return own }
        return outcome
    }

    /// Reads on to the chunk that has a row, or to the first one behind it.
    private mutating func read(reaching row: Int) async throws {
        if let part, row < part.firstRow + part.predictions.count { return }
        if isAtEnd { return part = nil }
        let next = part.map { $0.position + 1 } ?? 0
        part = try await context.reading.read { [tasks = context.tasks, stored] in
            try tasks.result(of: stored, from: next, reaching: row)
        }
        isAtEnd = part == nil
    }
}
