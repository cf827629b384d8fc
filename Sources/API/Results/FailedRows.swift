internal import Core
internal import Store

/// Counts the rows of a whole task that failed and may run again, in their order: the n-th of them is row n of a retry.
///
/// Comes from: the task's own results. Goes to: ``Retries``.
struct FailedRows: Sendable {
    private let stored: StoredTask
    private let context: APIContext
    /// The chunk that is read next.
    private var position: Int
    /// Rows of chunks that were read, and not yet passed.
    private var rows: ArraySlice<Int> = []
    /// How many were passed.
    private var count: Int

    /// - Parameter cursor: where the rows begin whose places will be asked for; those before it are counted already.
    init(of stored: StoredTask, from cursor: ResultCursor, context: APIContext) {
        (position, count) = (cursor.place.position, cursor.failures)
        self.stored = stored
        self.context = context
    }

    /// A failed row's place among them.
    ///
    /// - Parameter row: no less than at the call before.
    /// - Returns: nil for a row that did not fail so.
    mutating func place(of row: Int) async throws -> Int? {
        while true {
            if let first = rows.first {
                if first >= row { return first == row ? count : nil }
                rows.removeFirst()
                count += 1
            } else if try await !readMore() {
                return nil
            }
        }
    }

    /// Reads the next chunk that may have some.
    private mutating func readMore() async throws -> Bool {
        let part = try await context.reading.read { [tasks = context.tasks, stored, position] in
            try tasks.failures(of: stored, from: position)
        }
        guard let part else { return false }
        position = part.position + 1
        rows = part.predictions.faults.filter { $0.code.isRetryable }.map { part.firstRow + $0.row }[...]
        return true
    }
}
