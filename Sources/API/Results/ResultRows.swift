internal import Core
internal import Store

/// Reads a task's results row by row, whatever its chunks.
struct ResultRows {
    private var reading: ResultReading
    private var parts: ArraySlice<ResultPage.Part> = []
    private var cursor: RowCursor?
    private var rows = 0..<0

    init(_ reading: ResultReading) { self.reading = reading }

    /// The next row's values, or why it failed; nil after the last.
    mutating func next() async throws -> (values: ArraySlice<Float>, fault: RowFault?)? {
        while rows.isEmpty {
            if parts.isEmpty {
                guard let page = try await reading.next() else { return nil }
                parts = page.parts[...]
            }
            if let part = parts.popFirst() { (cursor, rows) = (RowCursor(part), part.rows) }
        }
        return cursor!.take(rows.removeFirst())
    }
}

/// Puts what became of rows that were run again in the place of their first failure.
struct RetriedResults {
    private var again: ResultRows

    /// - Parameter retry: the task that ran them again.
    init(_ retry: StoredTask, context: APIContext) {
        again = ResultRows(ResultReading(retry, context: context, withRecords: false, follows: false))
    }

    /// Merges a page: its rows that failed and were run again, in their order.
    mutating func merge(_ page: ResultPage) async throws -> ResultPage {
        var merged = page
        for index in merged.parts.indices
        where merged.parts[index].predictions.faults.contains(where: { $0.code.isRetryable }) {
            merged.parts[index].predictions = try await merge(merged.parts[index].predictions)
        }
        return merged
    }

    private mutating func merge(_ first: Predictions) async throws -> Predictions {
        var merged = Predictions(count: first.count, width: first.width, values: [], ids: first.ids)
        var old = RowCursor(ResultPage.Part(predictions: first, firstRow: 0, rows: 0..<first.count))
        for row in 0..<first.count {
            var (values, fault) = old.take(row)
            // A row that has not run again yet keeps its failure.
            if fault?.code.isRetryable == true, let result = try await again.next() { (values, fault) = result }
            if var fault {
                fault.row = row
                merged.faults.append(fault)
            } else {
                merged.values += values
            }
        }
        return merged
    }
}

extension Range<Int> {
    /// Takes the first number off.
    fileprivate mutating func removeFirst() -> Int {
        defer { self = lowerBound + 1..<upperBound }
        return lowerBound
    }
}
