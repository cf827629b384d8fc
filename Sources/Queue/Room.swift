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
    /// - Throws: ``QueueError/tooManyRows(limit:)``, ``QueueError/full(rows:)``, ``QueueError/storageFull(bytes:)``.
    func check(adding rows: Int, bytes: Int = 0, in connection: Connection) throws {
        if rows > self.rows { throw QueueError.tooManyRows(limit: self.rows) }
        if try BacklogTable.rows(in: connection) + rows > self.rows { throw QueueError.full(rows: self.rows) }
        guard let most = self.bytes, let used = try StoredBytes.used(in: connection) else { return }
        if used + bytes > most { throw QueueError.storageFull(bytes: most) }
    }
}
