internal import Core
internal import Store

/// How much the queue takes on; what is more is refused when it comes, never lost later.
package struct Room: Sendable {
    /// Rows that wait or run, at most.
    package let rows: Int
    /// Bytes of the database that hold something, at most; nil for as many as the disk has.
    package let bytes: Int?

    package init(rows: Int = Limits.waitingRows, bytes: Int? = nil) {
        self.rows = rows
        self.bytes = bytes
    }

    /// Throws when there is no room for more rows of so many stored bytes.
    ///
    /// - Throws: ``QueueError/tooManyRows(limit:)``, ``QueueError/full(waiting:limit:)``, ``QueueError/storageFull(bytes:)``.
    ///
    /// - Parameter replaced: a task that fails when these rows are accepted; its own are not counted, nor those of other
    ///   tasks that are being stopped, or a full queue of stranded rows could never be moved.
    func check(
        adding rows: Int, bytes: Int = 0, replacing replaced: StoredTask? = nil, in connection: Connection
    ) throws {
        if rows > self.rows { throw QueueError.tooManyRows(limit: self.rows) }
        let waiting = try BacklogTable.rows(in: connection)
        if waiting + rows > self.rows {
            let leaving = try replaced.map { try Self.leaving(with: $0, in: connection) } ?? 0
            guard waiting + rows - leaving <= self.rows else {
                throw QueueError.full(waiting: waiting, limit: self.rows)
            }
        }
        guard let most = self.bytes, let used = try StoredBytes.used(in: connection) else { return }
        if used + bytes > most { throw QueueError.storageFull(bytes: most) }
    }

    /// Rows that the keeper takes out of the queue soon: those of a task that is replaced, and of tasks being stopped.
    private static func leaving(with replaced: StoredTask, in connection: Connection) throws -> Int {
        let rows = replaced.task.rows
        return rows.pending + rows.processing + (try TaskTable.stoppingRows(in: connection))
    }
}
