internal import Core
internal import Store

/// Reads a task's results row by row, whatever its chunks.
struct ResultRows {
    private var reading: ResultReading
    private var parts: ArraySlice<ResultPage.Part> = []
    private var cursor: RowCursor?
    private var rows = 0..<0
    private var precision = Precision.single

    init(_ reading: ResultReading) { self.reading = reading }

    /// The next row's values, or why it failed; nil after the last.
    mutating func next() async throws -> RowOutcome? {
        while rows.isEmpty {
            if parts.isEmpty {
                guard let page = try await reading.next() else { return nil }
                parts = page.parts[...]
            }
            if let part = parts.popFirst() {
                (cursor, rows, precision) = (RowCursor(part), part.rows, part.predictions.precision)
            }
        }
        return RowOutcome(task: 0, in: precision, cursor!.take(rows.removeFirst()))
    }
}

extension Range<Int> {
    /// Takes the first number off.
    fileprivate mutating func removeFirst() -> Int {
        defer { self = lowerBound + 1..<upperBound }
        return lowerBound
    }
}
