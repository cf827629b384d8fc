import Core

/// Notes how many bytes of the input each row's record takes, between two calls of ``take()``.
struct RecordLedger: Sendable {
    private var spans: RecordSpans
    /// Bytes since the last row or header: blank lines, and what was passed of an open record.
    private var openBytes: Int
    private var isFinished = false
    /// Where the rest of the input begins that was not handed over; what a resumed scanner goes on with.
    private(set) var takenLine: Int
    /// Whether the header was handed over, so that a resumed scanner could have it.
    private(set) var isHeaderTaken = false

    /// - Parameters:
    ///   - mark: bytes that were skipped before the text.
    ///   - line: the line on which the first record begins.
    init(mark: Int = 0, line: Int = 1) {
        (openBytes, takenLine) = (mark, line)
        spans = RecordSpans(nextLine: line)
    }

    /// Starts at a record boundary in the middle of a table.
    static func resumed(line: Int) -> RecordLedger {
        var ledger = RecordLedger(line: line)
        ledger.isHeaderTaken = true
        return ledger
    }

    /// Ends a row with the last bytes of its record.
    ///
    /// - Parameter nextLine: the line after it.
    /// - Returns: the length of the whole record.
    @inline(__always)
    @discardableResult
    mutating func endRow(_ count: Int, nextLine: Int) -> Int {
        let length = openBytes &+ count
        spans.lengths.append(UInt32(length))
        spans.nextLine = nextLine
        openBytes = 0
        return length
    }

    mutating func endHeader(_ count: Int, nextLine: Int) {
        spans.headerBytes = openBytes + count
        spans.nextLine = nextLine
        openBytes = 0
    }

    /// Adds bytes of a record whose end is not known, or the end of the input corrects a measure by.
    mutating func open(_ count: Int) { openBytes += count }

    /// Adds bytes that are read and not held: blank lines, and those of a record over its bound.
    ///
    /// - Throws: `IntakeError` when these are too many to be kept with one row.
    mutating func pass(_ count: Int, line: Int) throws {
        try expect(count, line: line)
        openBytes += count
    }

    /// Refuses a record over its bound that is too long to be kept with these last bytes.
    func expect(_ count: Int, line: Int) throws {
        guard openBytes + count <= Limits.passedBytes else { throw IntakeError.rowTooLarge(line: line) }
    }

    /// Ends the input: what is open belongs to no row.
    mutating func finish() { isFinished = true }

    mutating func take() -> RecordSpans {
        var taken = spans
        if isFinished { (taken.tailBytes, openBytes) = (openBytes, 0) }
        if taken.headerBytes > 0 { isHeaderTaken = true }
        takenLine = taken.nextLine
        spans = RecordSpans(nextLine: taken.nextLine)
        spans.lengths.reserveCapacity(taken.lengths.count)
        return taken
    }
}
