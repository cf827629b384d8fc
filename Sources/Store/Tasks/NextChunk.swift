package import Core

/// The first of a task's chunks that waits.
package enum NextChunk: Sendable, Equatable {
    /// It may run, in the order of its model.
    case ready(rank: Int64)
    /// It may not run before a time that its caller set, or before the input is whole where no time is known.
    case held(until: WallTime?)
    /// It failed, and is tried again at a time.
    case failed(until: WallTime)
}

extension NextChunk {
    /// Three columns of a task, for ``init(_:from:)``: found by the keys of its chunks, and only while it has not ended.
    static let columnsSQL = """
        CASE WHEN status IN ('pending', 'processing') THEN
            (SELECT rank FROM chunk WHERE state = 'ready' AND \(isOfTask) ORDER BY key LIMIT 1) END,
        CASE WHEN status IN ('pending', 'processing') THEN
            (SELECT reason FROM parked WHERE \(isOfTask) ORDER BY key LIMIT 1) END,
        CASE WHEN status IN ('pending', 'processing') THEN
            (SELECT until_ms FROM parked WHERE \(isOfTask) ORDER BY key LIMIT 1) END
        """

    /// Inside, `key` is the chunk's.
    private static let isOfTask = "key BETWEEN task.key << 24 AND task.key << 24 | 16777215"

    /// Reads the columns of ``columnsSQL``.
    ///
    /// - Parameter column: the first of them.
    init?(_ row: borrowing Row, from column: Int32) {
        if !row.isNull(column) {
            self = .ready(rank: row.integer(column))
        } else if let reason = row.optionalText(column + 1) {
            let until = row.optionalTime(column + 2)
            self = if reason == "backoff", let until { .failed(until: until) } else { .held(until: until) }
        } else {
            return nil
        }
    }
}
