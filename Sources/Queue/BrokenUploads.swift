internal import Core
internal import Store

/// Ends tasks whose input will never be whole.
enum BrokenUploads {
    /// Ends one task, whether an upload broke or the process that received it died.
    ///
    /// - Returns: the task's id; nil when it no longer received rows.
    static func end(
        _ task: Int64, because failure: ErrorCode, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> TaskID? {
        guard
            let broken = try TaskTable.breakUpload(
                task, because: failure, at: time, retention: retention, in: connection)
        else { return nil }
        try ChunkTable.deleteAll(of: task, in: connection)
        try IdempotencyTable.free(task: task, in: connection)
        try PayloadTable.deleteAll(of: task, in: connection)
        try BacklogTable.add(-broken.unfinishedRows, model: broken.model, in: connection)
        return broken.id
    }
}
