internal import Core
internal import Store

/// Stops tasks in steps that hold the write gate briefly, however many chunks a task has.
enum Cancellation {
    /// Removes some of what waits of a task, and ends the task when nothing of it is left.
    ///
    /// Chunks that run are left to their workers, whose results still count.
    ///
    /// - Returns: the task's id when it ended here, and whether more waits to be removed.
    static func step(
        _ task: Int64, model: Int64, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> (ended: TaskID?, isMoreWaiting: Bool) {
        let removed = try ChunkTable.removeWaiting(of: task, upTo: Limits.sweptChunks, in: connection)
        for chunk in removed { try PayloadTable.delete(chunk.key, in: connection) }
        let rows = removed.reduce(0) { $0 + $1.rows }
        if rows > 0 { try BacklogTable.add(-rows, model: model, in: connection) }
        if removed.count == Limits.sweptChunks { return (nil, true) }
        guard try !ChunkTable.hasAny(of: task, in: connection) else { return (nil, false) }
        return (try TaskTable.endCancelling(task, at: time, retention: retention, in: connection), false)
    }
}
