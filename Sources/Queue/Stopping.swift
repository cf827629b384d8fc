internal import Core
internal import Store

/// Stops tasks in steps that hold the write gate briefly, however many chunks a task has.
enum Stopping {
    /// Marks a task to be stopped, and frees its key when its input was not whole: the submission may be repeated.
    ///
    /// - Returns: false when the task had ended, was being stopped already, or another receives it.
    @discardableResult
    static func begin(
        _ task: Int64, as stop: TaskTable.Stop, receivedBy receiver: Int64? = nil, in connection: Connection
    ) throws -> Bool {
        guard try TaskTable.beginStopping(task, as: stop, receivedBy: receiver, in: connection) else { return false }
        try IdempotencyTable.freeBroken(task: task, in: connection)
        return true
    }

    /// Marks a stranded task to be ended as failed.
    ///
    /// - Returns: false when it is not stranded any more: it has ended, or workers came meanwhile.
    static func fail(stranded task: StoredTask, in connection: Connection) throws -> Bool {
        guard let served = try StrandedRows.served(in: connection), !served.contains(task.task.model) else {
            return false
        }
        return try begin(task.key, as: .failed(.modelUnavailable), in: connection)
    }

    /// Ends a stranded task in the transaction that accepts another in its place, so that its rows never run twice.
    ///
    /// - Throws: ``QueueError/notStranded``.
    static func replace(_ task: StoredTask, in connection: Connection) throws {
        guard try fail(stranded: task, in: connection) else { throw QueueError.notStranded }
    }

    /// Frees the uploads of a process that is gone and that may go on elsewhere, and marks the others to be stopped.
    ///
    /// - Parameter time: until when the ones may go on; nil for as long as before.
    /// - Returns: the number of both.
    static func breakUploads(
        of owner: Int64, resumableUntil time: WallTime?, in connection: Connection
    ) throws -> Int {
        let uploads = try TaskTable.received(by: owner, in: connection)
        for upload in uploads {
            if upload.isResumable {
                _ = try TaskTable.release(upload.task, from: upload.receiver, in: connection)
                if let time { try InputTable.extend(upload.task, until: time, in: connection) }
            } else {
                try begin(upload.task, as: .failed(.uploadIncomplete), in: connection)
            }
        }
        return uploads.count
    }

    /// Removes some of what waits of a task, and ends the task when nothing of it is left.
    ///
    /// Chunks that run are left to their workers, whose results still count.
    ///
    /// - Returns: the task when it ended here, and whether more waits to be removed.
    static func step(
        _ task: Int64, model: Int64, at time: WallTime, retention: Duration, in connection: Connection
    ) throws -> (ended: EndedTask?, isMoreWaiting: Bool) {
        guard try TaskTable.isStopping(task, in: connection) else { return (nil, false) }
        let removed = try empty(task, model: model, upTo: Limits.sweptChunks, in: connection)
        if removed == Limits.sweptChunks { return (nil, true) }
        guard try !ChunkTable.hasAny(of: task, in: connection) else { return (nil, false) }
        return (try TaskTable.endStopping(task, at: time, retention: retention, in: connection), false)
    }

    /// Removes some of what waits of a task that is being stopped.
    ///
    /// - Returns: the number of chunks that were removed.
    static func empty(_ task: Int64, model: Int64, upTo limit: Int, in connection: Connection) throws -> Int {
        let removed = try ChunkTable.removeWaiting(of: task, upTo: limit, in: connection)
        for chunk in removed {
            try PayloadTable.delete(chunk.key, in: connection)
            try RecordTable.delete(chunk.key, in: connection)
        }
        let rows = removed.reduce(0) { $0 + $1.rows }
        if rows > 0 { BacklogTable.add(-rows, model: model, in: connection) }
        return removed.count
    }
}
